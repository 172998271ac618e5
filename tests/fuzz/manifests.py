"""Manifests of every kind, and wounds for them: values of every type in every place, keys lost, misspelt, doubled."""

from __future__ import annotations

import copy
import random
from typing import Any

CONTAINER: dict[str, Any] = {
    "name": "c",
    "image": "nginx:1.25",
    "ports": [{"name": "http", "containerPort": 80, "protocol": "TCP"}],
    "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
    "resources": {"limits": {"cpu": "100m", "memory": "200Mi"}, "requests": {"cpu": "50m"}},
    "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 5},
    "volumeMounts": [{"name": "v", "mountPath": "/v"}],
}
POD_SPEC: dict[str, Any] = {
    "containers": [CONTAINER],
    "volumes": [{"name": "v", "configMap": {"name": "m"}}],
    "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoSchedule"}],
    "dnsConfig": {"nameservers": ["10.1.0.10"], "options": [{"name": "ndots", "value": "2"}]},
    "nodeSelector": {"a": "b"},
    "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["x"]}],
}
SELECTOR = {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}
WORKLOAD: dict[str, Any] = {
    "selector": SELECTOR,
    "template": {"metadata": {"labels": {"app": "web"}, "annotations": {"x/y": "z"}}, "spec": POD_SPEC},
}
BACKEND = {"service": {"name": "web", "port": {"number": 80}}}
REFERENCE = {"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "u", "controller": True}


def _of(api_version: str, kind: str, **parts: Any) -> dict[str, Any]:
    metadata = {
        "name": "web",
        "labels": {"app": "web"},
        "annotations": {"podwalk.dev/listens": "tcp/80"},
        "ownerReferences": [REFERENCE],
        "finalizers": ["example.com/f"],
    }
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **parts}


MANIFESTS: tuple[dict[str, Any], ...] = (
    _of("v1", "Pod", spec=POD_SPEC),
    _of("v1", "Namespace"),
    _of("v1", "ConfigMap", data={"a": "b"}, binaryData={"c": "AAAA"}, immutable=False),
    _of("v1", "Secret", stringData={"a": "b"}, data={"c": "AAAA"}, type="Opaque"),
    _of("v1", "ServiceAccount", secrets=[{"name": "s"}]),
    _of("v1", "Node", spec={"taints": [{"key": "a", "effect": "NoSchedule"}], "unschedulable": True}),
    _of(
        "v1",
        "Service",
        spec={
            "type": "LoadBalancer",
            "selector": {"app": "web"},
            "ports": [
                {"name": "a", "port": 80, "targetPort": "http", "nodePort": 30080},
                {"name": "b", "port": 53, "protocol": "UDP"},
            ],
            "clusterIP": "10.1.0.99",
            "externalIPs": ["192.0.2.1"],
            "loadBalancerSourceRanges": ["203.0.113.0/24"],
            "externalTrafficPolicy": "Local",
            "sessionAffinity": "ClientIP",
            "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}},
        },
    ),
    _of(
        "v1",
        "Endpoints",
        subsets=[
            {"addresses": [{"ip": "10.2.0.9", "targetRef": {"kind": "Pod", "name": "p"}}], "ports": [{"port": 80}]}
        ],
    ),
    _of(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        addressType="IPv4",
        endpoints=[{"addresses": ["10.2.0.9"], "conditions": {"ready": True}, "hints": {"forZones": [{"name": "z"}]}}],
        ports=[{"name": "http", "port": 80}],
    ),
    _of("apps/v1", "Deployment", spec={**WORKLOAD, "replicas": 2, "strategy": {"rollingUpdate": {"maxSurge": "50%"}}}),
    _of("apps/v1", "ReplicaSet", spec={**WORKLOAD, "replicas": 2}),
    _of("apps/v1", "DaemonSet", spec={**WORKLOAD, "updateStrategy": {"type": "RollingUpdate"}}),
    _of("apps/v1", "StatefulSet", spec={**WORKLOAD, "serviceName": "web", "replicas": 1}),
    _of(
        "networking.k8s.io/v1",
        "Ingress",
        spec={
            "ingressClassName": "nginx",
            "defaultBackend": BACKEND,
            "rules": [
                {"host": "*.a.cn", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": BACKEND}]}},
            ],
            "tls": [{"hosts": ["a.cn"], "secretName": "t"}],
        },
    ),
    _of("networking.k8s.io/v1", "IngressClass", spec={"controller": "k8s.io/ingress-nginx"}),
    _of(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        spec={
            "podSelector": SELECTOR,
            "ingress": [
                {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}], "ports": [{"port": 80}]}
            ],
            "egress": [{"to": [{"podSelector": {}}]}],
        },
    ),
    _of("rbac.authorization.k8s.io/v1", "Role", rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]),
    _of("rbac.authorization.k8s.io/v1", "ClusterRole", rules=[{"nonResourceURLs": ["/x"], "verbs": ["get"]}]),
    _of(
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        roleRef={"kind": "Role", "name": "r"},
        subjects=[{"kind": "ServiceAccount", "name": "s", "namespace": "default"}],
    ),
    _of("coordination.k8s.io/v1", "Lease", spec={"holderIdentity": "n", "leaseDurationSeconds": 40}),
)
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 80, 65536, 1 << 31, 1 << 63, 1.5, "", " ", "None", "x", "X_y", "-", "a" * 300, "80", "10.1.0.99",
    "fd00::1", "10.1.0.2/33", "1e999", "100m", "9" * 70, "50%", "101%", "2026-01-01T00:00:00Z", "\x00", "é", "a/b/c", "$patch",
    [], {}, [None], [[]], [{}], {"a": None}, {"": ""}, ["x", "x"], [1, "x"], {"name": "c"}, {"$patch": "delete"},
    [{"$patch": "replace"}, {"name": "d"}], {"$retainKeys": ["a"]}, {"$setElementOrder/containers": [{"name": "c"}]},
)  # fmt: skip


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of every value of a manifest."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [path, *(found for key, each in inner for found in places(each, (*path, key)))]


def wounded(manifest: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Return a copy with up to three wounds."""
    body = copy.deepcopy(manifest)
    for _ in range(rng.randint(0, 3)):
        path = rng.choice(places(body)[1:] or [()])
        if not path:
            return body
        holder: Any = body
        for step in path[:-1]:
            holder = holder[step]
        wound(holder, path[-1], rng)
    return body


def wound(holder: Any, key: Any, rng: random.Random) -> None:
    """Change, take out, misspell or double one value."""
    match rng.randrange(5):
        case 0 | 1:
            holder[key] = copy.deepcopy(rng.choice(ODD))
        case 2:
            del holder[key]
        case 3 if isinstance(holder, dict):
            holder[f"{key}x"[rng.randrange(2) :]] = holder.pop(key)
        case _:
            value = copy.deepcopy(holder[key])
            if isinstance(holder, list):
                holder.append(value)
            else:
                holder[key] = [value, value]
