"""Services, EndpointSlices, Endpoints. Source: Kubernetes pkg/apis/core/validation/validation.go (ValidateService),
pkg/apis/discovery/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from app.kube.bodies import list_at, mapping_at, value_at
from app.kube.validation.causes import (
    IMMUTABLE,
    IP_WORDS,
    Causes,
    cidr,
    dns_label,
    duplicate,
    forbidden,
    is_address,
    labels,
    port_number,
    port_number_or_name,
    required,
    subdomain,
    wrong,
)

Body = Mapping[str, Any]

MOST_ADDRESSES = 1000
"""Of a slice: maxEndpoints in pkg/apis/discovery/validation."""
KUBELET_PORT = 10250


def check(body: Body) -> Causes:
    """Yield what is wrong with a Service."""
    spec = mapping_at(body, "spec")
    kind, ports = spec.get("type", "ClusterIP"), list_at(spec, "ports")
    addresses = list_at(spec, "clusterIPs") or ([spec["clusterIP"]] if spec.get("clusterIP") else [])
    headless = bool(addresses) and addresses[0] == "None"
    if not ports and not headless and kind != "ExternalName":
        yield required("spec.ports")
    yield from _type(kind, spec, ports, headless)
    yield from _ports(ports, headless)
    yield from labels("spec.selector", spec.get("selector"))
    yield from _affinity(spec)
    yield from _cluster_ips(kind, spec, addresses)
    yield from _node_ports(kind, ports)
    yield from _external(kind, spec)


def _type(kind: str, spec: Body, ports: list[Any], headless: bool) -> Causes:
    if kind in ("NodePort", "LoadBalancer") and headless:
        yield wrong("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {kind} services")
    if kind == "LoadBalancer":
        for index, port in enumerate(ports):
            if mapping_at(port).get("port") == KUBELET_PORT:
                words = f"may not expose port {KUBELET_PORT} externally since it is used by kubelet"
                yield wrong(f"spec.ports[{index}]", KUBELET_PORT, words)
    if kind == "ExternalName":
        name = str(spec.get("externalName") or "").removesuffix(".")
        if not name:
            yield required("spec.externalName")
        else:
            yield from subdomain("spec.externalName", name)


def _ports(ports: list[Any], headless: bool) -> Causes:
    names: set[str] = set()
    seen: set[tuple[Any, Any]] = set()
    for index, each in enumerate(ports):
        port, at = mapping_at(each), f"spec.ports[{index}]"
        name = str(port.get("name") or "")
        if len(ports) > 1 and not name:
            yield required(f"{at}.name")
        elif name:
            yield from dns_label(f"{at}.name", name)
            if name in names:
                yield duplicate(f"{at}.name", name)
            names.add(name)
        number = port.get("port") or 0
        yield from port_number(f"{at}.port", number)
        target = port.get("targetPort")
        if target is not None and not (headless and target == number):
            yield from port_number_or_name(f"{at}.targetPort", target)
        key = (port.get("protocol", "TCP"), number)
        if key in seen:
            yield duplicate(at, {"port": number, "protocol": key[0]})
        seen.add(key)


def _affinity(spec: Body) -> Causes:
    if spec.get("sessionAffinity") == "ClientIP":
        seconds = value_at(spec, "sessionAffinityConfig", "clientIP", "timeoutSeconds")
        if isinstance(seconds, int) and not 0 < seconds <= 86400:
            at = "spec.sessionAffinityConfig.clientIP.timeoutSeconds"
            yield wrong(at, seconds, "must be greater than 0 and less than 86400")
    elif "sessionAffinityConfig" in spec:
        yield forbidden("spec.sessionAffinityConfig", "must not be set when session affinity is None")


def _cluster_ips(kind: str, spec: Body, addresses: list[Any]) -> Causes:
    if kind == "ExternalName":
        if addresses:
            yield forbidden("spec.clusterIPs", "may not be set for ExternalName services")
        return
    one, many = str(spec.get("clusterIP") or ""), list_at(spec, "clusterIPs")
    if many and not one:
        yield wrong("spec.clusterIPs", many, "must be empty when `clusterIP` is not specified")
    elif many and many[0] != one:
        yield wrong("spec.clusterIPs", many, "first value must match `clusterIP`")
    for index, each in enumerate(addresses):
        if each != "None" and not is_address(each):
            yield wrong(f"spec.clusterIPs[{index}]", each, IP_WORDS)
        elif each == "None" and len(addresses) > 1:
            yield wrong(f"spec.clusterIPs[{index}]", each, "'None' must be the first and only value")


def _node_ports(kind: str, ports: list[Any]) -> Causes:
    seen: set[tuple[Any, Any]] = set()
    for index, each in enumerate(ports):
        port, at = mapping_at(each), f"spec.ports[{index}].nodePort"
        number = port.get("nodePort") or 0
        if not number:
            continue
        if kind not in ("NodePort", "LoadBalancer"):
            yield forbidden(at, f"may not be used when `type` is '{kind}'")
        key = (port.get("protocol", "TCP"), number)
        if key in seen:
            yield duplicate(at, number)
        seen.add(key)


def _external(kind: str, spec: Body) -> Causes:
    for index, each in enumerate(list_at(spec, "externalIPs")):
        yield from _not_special(f"spec.externalIPs[{index}]", each)
    ranges = list_at(spec, "loadBalancerSourceRanges")
    if ranges and kind != "LoadBalancer":
        yield forbidden("spec.loadBalancerSourceRanges", "may only be used when `type` is 'LoadBalancer'")
    for index, each in enumerate(ranges):
        yield from cidr(f"spec.loadBalancerSourceRanges[{index}]", str(each).strip())
    is_external = kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and bool(list_at(spec, "externalIPs")))
    policy = spec.get("externalTrafficPolicy")
    if policy and not is_external:
        yield wrong("spec.externalTrafficPolicy", policy, "may only be set for externally-accessible services")
    if spec.get("healthCheckNodePort") and not (kind == "LoadBalancer" and policy == "Local"):
        words = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        yield wrong("spec.healthCheckNodePort", spec["healthCheckNodePort"], words)
    if "allocateLoadBalancerNodePorts" in spec and kind != "LoadBalancer":
        yield forbidden("spec.allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'")
    if spec.get("loadBalancerClass") and kind != "LoadBalancer":
        yield forbidden("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'")


def _not_special(at: str, value: Any) -> Causes:
    """Yield why an address cannot be an endpoint's or an external one. Source: ValidateNonSpecialIP()."""
    if not is_address(value):
        yield wrong(at, value, IP_WORDS)
        return
    found = ip_address(str(value))
    if found.is_unspecified:
        yield wrong(at, value, f"may not be unspecified ({value})")
    if found.is_loopback:
        yield wrong(at, value, "may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if found.is_link_local:
        yield wrong(at, value, "may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    if found.is_multicast:
        yield wrong(at, value, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")


def check_update(body: Body, before: Body) -> Causes:
    """Yield what may not change in a Service: its address, while it has one and needs one."""
    old, new = mapping_at(before, "spec"), mapping_at(body, "spec")
    if "ExternalName" in (old.get("type"), new.get("type")):
        return
    was, now = old.get("clusterIP") or "", new.get("clusterIP") or ""
    if was and now != was:
        yield wrong("spec.clusterIPs[0]", list_at(new, "clusterIPs") or [now], "may not change once set")


def check_slice(body: Body) -> Causes:
    """Yield what is wrong with an EndpointSlice."""
    kind = body.get("addressType")
    if not kind:
        yield required("addressType")
    for index, each in enumerate(list_at(body, "endpoints")):
        at, given = f"endpoints[{index}]", list_at(each, "addresses")
        if not given:
            yield required(f"{at}.addresses", "must contain at least 1 address")
        for number, value in enumerate(given):
            path = f"{at}.addresses[{number}]"
            if kind == "FQDN":
                yield from subdomain(path, str(value))
            elif kind in ("IPv4", "IPv6") and (not is_address(value) or (":" in str(value)) != (kind == "IPv6")):
                yield wrong(path, value, f"must be an {kind} address" if is_address(value) else IP_WORDS)
            elif kind:
                yield from _not_special(path, value)
        if hostname := mapping_at(each).get("hostname"):
            yield from dns_label(f"{at}.hostname", str(hostname))
    yield from _slice_ports("ports", list_at(body, "ports"))


def _slice_ports(at: str, ports: list[Any]) -> Causes:
    names: set[str] = set()
    for index, each in enumerate(ports):
        port, path = mapping_at(each), f"{at}[{index}]"
        name = str(port.get("name") or "")
        if name in names:
            yield duplicate(f"{path}.name", name)
        names.add(name)
        if name:
            yield from dns_label(f"{path}.name", name)
        if port.get("port") is not None:
            yield from port_number(f"{path}.port", port["port"])


def check_slice_update(body: Body, before: Body) -> Causes:
    """Yield what may not change in an EndpointSlice."""
    if body.get("addressType") != before.get("addressType"):
        yield wrong("addressType", body.get("addressType"), IMMUTABLE)


def check_endpoints(body: Body) -> Causes:
    """Yield what is wrong with Endpoints."""
    for index, each in enumerate(list_at(body, "subsets")):
        at, subset = f"subsets[{index}]", mapping_at(each)
        parts = [(part, list_at(subset, part)) for part in ("addresses", "notReadyAddresses")]
        if not any(found for _, found in parts):
            yield required(at, "must specify `addresses` or `notReadyAddresses`")
        for part, found in parts:
            for number, entry in enumerate(found):
                yield from _not_special(f"{at}.{part}[{number}].ip", mapping_at(entry).get("ip", ""))
        ports = list_at(subset, "ports")
        for number, entry in enumerate(ports):
            port, path = mapping_at(entry), f"{at}.ports[{number}]"
            if len(ports) > 1 and not port.get("name"):
                yield required(f"{path}.name")
            elif port.get("name"):
                yield from dns_label(f"{path}.name", str(port["name"]))
            yield from port_number(f"{path}.port", port.get("port") or 0)
