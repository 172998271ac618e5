"""Defaults: what the API server fills in, kind by kind.

Sources: Kubernetes pkg/apis/core/v1/defaults.go, apps/v1/defaults.go, networking/v1/defaults.go, rbac/v1/defaults.go,
discovery/v1/defaults.go. Pods have a file of their own, app.kube.poddefaults.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from app.kube import poddefaults
from app.kube.bodies import list_at, mapping_at
from app.kube.filling import Body, Json, each_of, in_spec, inner
from app.kube.scheme import Version

RBAC_GROUP = "rbac.authorization.k8s.io"
DUAL_STACK_SINCE = (1, 20)
INTERNAL_POLICY_SINCE = (1, 22)
CLAIM_RETENTION_SINCE = (1, 27)


def default(kind: str, body: Json, version: Version) -> Json:
    """Return a body with its defaults; what is no mapping or list where one is due stays as it is."""
    filler = DEFAULTS.get(kind)
    return filler(body, version) if filler else body


# -- workloads


def _template(spec: Json) -> None:
    template = spec.get("template")
    if isinstance(template, Mapping) and isinstance(inner_spec := template.get("spec"), Mapping):
        spec["template"] = {**template, "spec": poddefaults.pod_spec(inner_spec)}


def _rolling(strategy: Any, name: str, values: Json) -> Any:
    """Return an update strategy: RollingUpdate unless another one is named."""
    if not isinstance(strategy, Mapping):
        strategy = {} if strategy is None else strategy
    if not isinstance(strategy, Mapping):
        return strategy
    filled = {"type": "RollingUpdate", **strategy}
    if filled["type"] == "RollingUpdate":
        filled[name] = {**values, **mapping_at(filled, name)}
    return filled


def _deployment(body: Json, _version: Version) -> Json:
    def fill(spec: Body) -> Json:
        filled: Json = {"progressDeadlineSeconds": 600, "replicas": 1, "revisionHistoryLimit": 10, **spec}
        values = {"maxSurge": "25%", "maxUnavailable": "25%"}
        filled["strategy"] = _rolling(filled.get("strategy"), "rollingUpdate", values)
        _template(filled)
        return filled

    return in_spec(body, fill)


def _replica_set(body: Json, _version: Version) -> Json:
    def fill(spec: Body) -> Json:
        filled: Json = {"replicas": 1, **spec}
        _template(filled)
        return filled

    return in_spec(body, fill)


def _daemon_set(body: Json, _version: Version) -> Json:
    def fill(spec: Body) -> Json:
        filled: Json = {"revisionHistoryLimit": 10, **spec}
        values = {"maxSurge": 0, "maxUnavailable": 1}
        filled["updateStrategy"] = _rolling(filled.get("updateStrategy"), "rollingUpdate", values)
        _template(filled)
        return filled

    return in_spec(body, fill)


def _stateful_set(body: Json, version: Version) -> Json:
    def fill(spec: Body) -> Json:
        filled: Json = {"podManagementPolicy": "OrderedReady", "replicas": 1, "revisionHistoryLimit": 10, **spec}
        filled["updateStrategy"] = _rolling(filled.get("updateStrategy"), "rollingUpdate", {"partition": 0})
        if version >= CLAIM_RETENTION_SINCE:
            kept = {"whenDeleted": "Retain", "whenScaled": "Retain"}
            filled["persistentVolumeClaimRetentionPolicy"] = {
                **kept,
                **mapping_at(filled, "persistentVolumeClaimRetentionPolicy"),
            }
        _template(filled)
        return filled

    return in_spec(body, fill)


# -- network


def _service(body: Json, version: Version) -> Json:
    def fill(spec: Body) -> Json:
        filled: Json = {"sessionAffinity": "None", "type": "ClusterIP", **spec}
        each_of(filled, "ports", _service_port)
        if filled["sessionAffinity"] == "ClientIP":
            given = mapping_at(filled, "sessionAffinityConfig", "clientIP")
            filled["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": 10800, **given}}
        kind = filled["type"]
        if kind == "LoadBalancer" and version >= DUAL_STACK_SINCE:
            filled.setdefault("allocateLoadBalancerNodePorts", True)
        if kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and list_at(filled, "externalIPs")):
            filled["externalTrafficPolicy"] = filled.get("externalTrafficPolicy") or "Cluster"
        if kind != "ExternalName" and version >= INTERNAL_POLICY_SINCE:
            filled["internalTrafficPolicy"] = filled.get("internalTrafficPolicy") or "Cluster"
        if kind != "ExternalName" and version >= DUAL_STACK_SINCE:
            filled.setdefault("ipFamilies", ["IPv4"])
            filled.setdefault("ipFamilyPolicy", "SingleStack")
        return filled

    return in_spec(body, fill)


def _service_port(given: Json) -> Json:
    filled: Json = {"protocol": "TCP", **given}
    if filled.get("targetPort") in (None, 0, ""):
        filled["targetPort"] = filled.get("port")
    return filled


def _endpoints(body: Json, _version: Version) -> Json:
    def fill(subset: Json) -> Json:
        filled = dict(subset)
        each_of(filled, "ports", lambda port: {"protocol": "TCP", **port})
        return filled

    filled = dict(body)
    each_of(filled, "subsets", fill)
    return filled


def _endpoint_slice(body: Json, _version: Version) -> Json:
    filled = dict(body)
    each_of(filled, "ports", lambda port: {"name": "", "protocol": "TCP", **port})
    return filled


def _network_policy(body: Json, _version: Version) -> Json:
    def fill(spec: Body) -> Json:
        filled = dict(spec)
        for name in ("ingress", "egress"):
            each_of(filled, name, _policy_rule)
        if not filled.get("policyTypes"):
            filled["policyTypes"] = ["Ingress", *(["Egress"] if filled.get("egress") else [])]
        return filled

    return in_spec(body, fill)


def _policy_rule(given: Json) -> Json:
    filled = dict(given)
    each_of(filled, "ports", lambda port: {"protocol": "TCP", **port})
    return filled


# -- the rest


def _secret(body: Json, _version: Version) -> Json:
    filled = {"type": "Opaque", **body}
    words = filled.pop("stringData", None)
    if isinstance(words, Mapping):
        coded = {name: base64.b64encode(str(text).encode()).decode() for name, text in words.items()}
        filled["data"] = {**mapping_at(filled, "data"), **coded}
    return filled


def _binding(body: Json, _version: Version) -> Json:
    def fill(subject: Json) -> Json:
        group = "" if subject.get("kind") == "ServiceAccount" else RBAC_GROUP
        return {**({"apiGroup": group} if group else {}), **subject}

    filled = dict(body)
    inner(filled, "roleRef", lambda role: {"apiGroup": RBAC_GROUP, **role})
    each_of(filled, "subjects", fill)
    return filled


DEFAULTS: Mapping[str, Callable[[Json, Version], Json]] = {
    "ClusterRoleBinding": _binding,
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "EndpointSlice": _endpoint_slice,
    "Endpoints": _endpoints,
    "NetworkPolicy": _network_policy,
    "Pod": poddefaults.pod,
    "ReplicaSet": _replica_set,
    "RoleBinding": _binding,
    "Secret": _secret,
    "Service": _service,
    "StatefulSet": _stateful_set,
}
