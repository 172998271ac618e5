"""Between the versions of an API: older forms are stored as the newest one, and shown as they are asked for.

Source: Kubernetes pkg/apis/networking/v1beta1/conversion.go, pkg/apis/discovery/v1beta1/conversion.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.kube.bodies import list_at, mapping_at
from app.kube.clusterspec import ZONE_LABEL

Json = dict[str, Any]
Body = Mapping[str, Any]


def stored(body: Json, api_version: str) -> Json:
    """Return a body, of whatever version, in the stored `api_version` of its kind."""
    convert = _TO_STORED.get((str(body["apiVersion"]).rpartition("/")[2], str(body["kind"])))
    return {**(convert(body) if convert else body), "apiVersion": api_version}


def shown(body: Body, api_version: str) -> Json:
    """Return a stored body in another version of its kind: Ingress of 1.19 is shown as extensions/v1beta1."""
    convert = _FROM_STORED.get((api_version.rpartition("/")[2], str(body["kind"])))
    return {**(convert(body) if convert else body), "apiVersion": api_version}


def _ingress_paths(body: Body, change: Callable[[Body], Any]) -> Json:
    """Return an Ingress with every path's backend changed."""
    spec = dict(mapping_at(body, "spec"))
    rules = []
    for rule in list_at(spec, "rules"):
        paths = mapping_at(rule, "http").get("paths")
        if isinstance(paths, list):
            changed = [
                {**path, "backend": change(path["backend"])}
                if isinstance(path, Mapping) and isinstance(path.get("backend"), Mapping)
                else path
                for path in paths
            ]
            rules.append({**rule, "http": {**rule["http"], "paths": changed}})
        else:
            rules.append(rule)
    if rules:
        spec["rules"] = rules
    return {**body, "spec": spec}


def _ingress_to_v1(body: Body) -> Json:
    changed = _ingress_paths(body, _backend_to_v1)
    spec = changed["spec"]
    for rule in list_at(spec, "rules"):
        for path in list_at(rule, "http", "paths"):
            if isinstance(path, dict):
                path.setdefault("pathType", "ImplementationSpecific")
    if "backend" in spec:
        spec["defaultBackend"] = _backend_to_v1(spec.pop("backend"))
    return changed


def _backend_to_v1(backend: Any) -> Any:
    if not isinstance(backend, Mapping) or not ("serviceName" in backend or "servicePort" in backend):
        return backend
    rest = {name: value for name, value in backend.items() if name not in ("serviceName", "servicePort")}
    port = backend.get("servicePort")
    service: Json = {"name": backend.get("serviceName", "")}
    if port is not None:
        service["port"] = {"number": port} if isinstance(port, int) else {"name": port}
    return {**rest, "service": service}


def _ingress_to_v1beta1(body: Body) -> Json:
    changed = _ingress_paths(body, _backend_to_v1beta1)
    if "defaultBackend" in changed["spec"]:
        changed["spec"]["backend"] = _backend_to_v1beta1(changed["spec"].pop("defaultBackend"))
    return changed


def _backend_to_v1beta1(backend: Any) -> Any:
    service = mapping_at(backend, "service")
    if not service:
        return backend
    port = mapping_at(service, "port")
    return {"serviceName": service.get("name", ""), "servicePort": port.get("number") or port.get("name", "")}


def _slice_to_v1(body: Body) -> Json:
    """`topology` of an endpoint becomes its zone and, for what is left, `deprecatedTopology`."""
    endpoints = []
    for endpoint in list_at(body, "endpoints"):
        if not isinstance(endpoint, Mapping) or "topology" not in endpoint:
            endpoints.append(endpoint)
            continue
        rest = {name: value for name, value in endpoint.items() if name != "topology"}
        topology = dict(mapping_at(endpoint, "topology"))
        zone, node = topology.pop(ZONE_LABEL, None), topology.pop("kubernetes.io/hostname", None)
        if zone:
            rest["zone"] = zone
        if node:
            rest.setdefault("nodeName", node)
        if topology:
            rest["deprecatedTopology"] = topology
        endpoints.append(rest)
    return {**body, "endpoints": endpoints}


def _slice_to_v1beta1(body: Body) -> Json:
    endpoints = []
    for endpoint in list_at(body, "endpoints"):
        rest = {name: value for name, value in endpoint.items() if name not in ("zone", "deprecatedTopology")}
        topology = dict(mapping_at(endpoint, "deprecatedTopology"))
        if endpoint.get("zone"):
            topology[ZONE_LABEL] = endpoint["zone"]
        endpoints.append({**rest, **({"topology": topology} if topology else {})})
    return {**body, "endpoints": endpoints}


_TO_STORED: Mapping[tuple[str, str], Callable[[Body], Json]] = {
    ("v1beta1", "Ingress"): _ingress_to_v1,
    ("v1beta1", "EndpointSlice"): _slice_to_v1,
}
_FROM_STORED: Mapping[tuple[str, str], Callable[[Body], Json]] = {
    ("v1beta1", "Ingress"): _ingress_to_v1beta1,
    ("v1beta1", "EndpointSlice"): _slice_to_v1beta1,
}
