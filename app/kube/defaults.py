"""Defaults: what the API server fills in, kind by kind.

Sources: Kubernetes pkg/apis/core/v1/defaults.go, apps/v1/defaults.go, networking/v1/defaults.go, rbac/v1/defaults.go,
discovery/v1/defaults.go; the admission plugins ServiceAccount, Priority and DefaultTolerationSeconds for Pods.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from app.kube.bodies import derived_suffix, list_at, mapping_at
from app.kube.listens import image_name
from app.kube.scheme import Version

Body = Mapping[str, Any]
Json = dict[str, Any]

RBAC_GROUP = "rbac.authorization.k8s.io"
API_ACCESS = "/var/run/secrets/kubernetes.io/serviceaccount"
PROJECTED_SINCE = (1, 21)
"""Pods mount a bound token (kube-api-access-xxxxx) since BoundServiceAccountTokenVolume; before, the Secret's token."""
DUAL_STACK_SINCE = (1, 20)
INTERNAL_POLICY_SINCE = (1, 22)
CLAIM_RETENTION_SINCE = (1, 27)


def default(kind: str, body: Json, version: Version) -> Json:
    """Return a body with its defaults; what is no mapping or list where one is due stays as it is."""
    filler = DEFAULTS.get(kind)
    return filler(body, version) if filler else body


def _spec(body: Body, fill: Callable[[Body], Json]) -> Json:
    spec = body.get("spec", {})
    return {**body, "spec": fill(spec)} if isinstance(spec, Mapping) else dict(body)


def _each(body: Json, name: str, fill: Callable[[Any], Json]) -> None:
    """Fill every mapping of a list in place of the old one."""
    given = body.get(name)
    if isinstance(given, list):
        body[name] = [fill(each) if isinstance(each, Mapping) else each for each in given]


def _inner(body: Json, name: str, fill: Callable[[Any], Json]) -> None:
    given = body.get(name)
    if isinstance(given, Mapping):
        body[name] = fill(dict(given))


# -- Pods


def _pod(body: Json, _version: Version) -> Json:
    spec = body.get("spec")
    if not isinstance(spec, Mapping):
        return body
    filled: Json = {"enableServiceLinks": True, **pod_spec(spec)}
    for name in ("containers", "initContainers"):
        _each(filled, name, _with_requests)
    return {**body, "spec": filled}


def _with_requests(container: Json) -> Json:
    """A limit without a request is the request."""
    limits, requests = mapping_at(container, "resources", "limits"), mapping_at(container, "resources", "requests")
    if not limits or all(name in requests for name in limits):
        return container
    return {**container, "resources": {**container["resources"], "requests": {**limits, **requests}}}


def admitted_pod(body: Json, version: Version) -> Json:
    """Return a new Pod with what the admission plugins give it: account, token, priority, tolerations."""
    spec = dict(mapping_at(body, "spec"))
    account = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    spec.update(serviceAccountName=account, serviceAccount=account)
    if spec.get("automountServiceAccountToken") is not False:
        _mount_token(body, spec, version)
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    given = list_at(spec, "tolerations")
    missing = [
        {"effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": 300}
        for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
        if not any(_tolerates(each, key) for each in given)
    ]
    spec["tolerations"] = [*given, *missing]
    return {**body, "spec": spec}


def _tolerates(toleration: Any, key: str) -> bool:
    effect, named = mapping_at(toleration).get("effect"), mapping_at(toleration).get("key")
    return effect in ("NoExecute", None, "") and named in (key, None, "")


def _mount_token(body: Body, spec: Json, version: Version) -> None:
    """Mount the ServiceAccount's token into every container that has nothing there."""
    metadata = mapping_at(body, "metadata")
    name = f"{metadata.get('namespace')}/{metadata.get('name')}"
    is_projected = version >= PROJECTED_SINCE
    volume = f"kube-api-access-{derived_suffix(name)}" if is_projected else f"default-token-{derived_suffix('token')}"
    mounted = False
    for part in ("containers", "initContainers"):
        containers = []
        for container in list_at(spec, part):
            mounts = list_at(container, "volumeMounts")
            if isinstance(container, Mapping) and all(
                mapping_at(each).get("mountPath") != API_ACCESS for each in mounts
            ):
                mount = {"mountPath": API_ACCESS, "name": volume, "readOnly": True}
                container = {**container, "volumeMounts": [*mounts, mount]}  # noqa: PLW2901  (a copy with one more)
                mounted = True
            containers.append(container)
        if containers:
            spec[part] = containers
    if mounted:
        source = {"projected": _TOKEN} if is_projected else {"secret": {"defaultMode": 420, "secretName": volume}}
        spec["volumes"] = [*list_at(spec, "volumes"), {"name": volume, **source}]


def qos(body: Body) -> str:
    """Return a Pod's QoS class. Source: pkg/apis/core/v1/helper/qos/qos.go, ComputePodQOS()."""
    spec = mapping_at(body, "spec")
    containers = [mapping_at(each) for name in ("containers", "initContainers") for each in list_at(spec, name)]
    asked = [mapping_at(each, "resources", "requests") for each in containers]
    limited = [mapping_at(each, "resources", "limits") for each in containers]
    if not any(asked) and not any(limited):
        return "BestEffort"
    whole = all({"cpu", "memory"} <= set(most) for most in limited)
    same = all(each.get(name) == most.get(name) for each, most in zip(asked, limited, strict=True) for name in each)
    return "Guaranteed" if whole and same else "Burstable"


_TOKEN: Json = {
    "defaultMode": 420,
    "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
        {
            "downwardAPI": {
                "items": [{"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}, "path": "namespace"}]
            }
        },
    ],
}


def pod_spec(spec: Body) -> Json:
    """Return the spec of a Pod or of a Pod template with its defaults."""
    filled: Json = {
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
        **spec,
    }
    for name in ("containers", "initContainers", "ephemeralContainers"):
        _each(filled, name, _container)
    if filled.get("hostNetwork") is True:
        for name in ("containers", "initContainers"):
            _each(filled, name, _with_host_ports)
    _each(filled, "volumes", _volume)
    return filled


def _container(given: Json) -> Json:
    filled: Json = {
        "imagePullPolicy": _pull_policy(str(given.get("image", ""))),
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        **given,
    }
    _each(filled, "ports", lambda port: {"protocol": "TCP", **port})
    _each(filled, "env", _env)
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        _inner(filled, name, _probe)
    _inner(filled, "lifecycle", _lifecycle)
    return filled


def _pull_policy(image: str) -> str:
    """`latest`, said or meant, is pulled each time. Source: pkg/apis/core/v1/defaults.go, SetDefaults_Container()."""
    rest = image.partition("@")[0].removeprefix(image_name(image))
    return "IfNotPresent" if "@" in image or rest not in ("", ":", ":latest") else "Always"


def _with_host_ports(container: Json) -> Json:
    filled = dict(container)
    _each(filled, "ports", lambda port: {**port, "hostPort": port.get("hostPort") or port.get("containerPort")})
    return filled


def _env(given: Json) -> Json:
    reference = mapping_at(given, "valueFrom", "fieldRef")
    if not reference or "apiVersion" in reference:
        return dict(given)
    return {**given, "valueFrom": {**given["valueFrom"], "fieldRef": {"apiVersion": "v1", **reference}}}


def _probe(given: Json) -> Json:
    filled = _handler(given)
    for name, value in (("failureThreshold", 3), ("periodSeconds", 10), ("successThreshold", 1), ("timeoutSeconds", 1)):
        if not filled.get(name):
            filled[name] = value
    return filled


def _handler(given: Json) -> Json:
    filled = dict(given)
    _inner(filled, "httpGet", lambda get: {"path": "/", "scheme": "HTTP", **get})
    _inner(filled, "grpc", lambda call: {"service": "", **call})
    return filled


def _lifecycle(given: Json) -> Json:
    filled = dict(given)
    for name in ("postStart", "preStop"):
        _inner(filled, name, _handler)
    return filled


def _volume(given: Json) -> Json:
    filled = dict(given)
    if set(filled) <= {"name"}:
        filled["emptyDir"] = {}
    for name in ("configMap", "secret", "projected", "downwardAPI"):
        _inner(filled, name, lambda source: {"defaultMode": 420, **source})
    _inner(filled, "hostPath", lambda source: {"type": "", **source})
    return filled


# -- workloads


def _template(spec: Json) -> None:
    template = spec.get("template")
    if isinstance(template, Mapping) and isinstance(inner := template.get("spec"), Mapping):
        spec["template"] = {**template, "spec": pod_spec(inner)}


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

    return _spec(body, fill)


def _replica_set(body: Json, _version: Version) -> Json:
    def fill(spec: Body) -> Json:
        filled: Json = {"replicas": 1, **spec}
        _template(filled)
        return filled

    return _spec(body, fill)


def _daemon_set(body: Json, _version: Version) -> Json:
    def fill(spec: Body) -> Json:
        filled: Json = {"revisionHistoryLimit": 10, **spec}
        values = {"maxSurge": 0, "maxUnavailable": 1}
        filled["updateStrategy"] = _rolling(filled.get("updateStrategy"), "rollingUpdate", values)
        _template(filled)
        return filled

    return _spec(body, fill)


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

    return _spec(body, fill)


# -- network


def _service(body: Json, version: Version) -> Json:
    def fill(spec: Body) -> Json:
        filled: Json = {"sessionAffinity": "None", "type": "ClusterIP", **spec}
        _each(filled, "ports", _service_port)
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

    return _spec(body, fill)


def _service_port(given: Json) -> Json:
    filled: Json = {"protocol": "TCP", **given}
    if filled.get("targetPort") in (None, 0, ""):
        filled["targetPort"] = filled.get("port")
    return filled


def _endpoints(body: Json, _version: Version) -> Json:
    def fill(subset: Json) -> Json:
        filled = dict(subset)
        _each(filled, "ports", lambda port: {"protocol": "TCP", **port})
        return filled

    filled = dict(body)
    _each(filled, "subsets", fill)
    return filled


def _endpoint_slice(body: Json, _version: Version) -> Json:
    filled = dict(body)
    _each(filled, "ports", lambda port: {"name": "", "protocol": "TCP", **port})
    return filled


def _network_policy(body: Json, _version: Version) -> Json:
    def fill(spec: Body) -> Json:
        filled = dict(spec)
        for name in ("ingress", "egress"):
            _each(filled, name, _policy_rule)
        if not filled.get("policyTypes"):
            filled["policyTypes"] = ["Ingress", *(["Egress"] if filled.get("egress") else [])]
        return filled

    return _spec(body, fill)


def _policy_rule(given: Json) -> Json:
    filled = dict(given)
    _each(filled, "ports", lambda port: {"protocol": "TCP", **port})
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
    _inner(filled, "roleRef", lambda role: {"apiGroup": RBAC_GROUP, **role})
    _each(filled, "subjects", fill)
    return filled


DEFAULTS: Mapping[str, Callable[[Json, Version], Json]] = {
    "ClusterRoleBinding": _binding,
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "EndpointSlice": _endpoint_slice,
    "Endpoints": _endpoints,
    "NetworkPolicy": _network_policy,
    "Pod": _pod,
    "ReplicaSet": _replica_set,
    "RoleBinding": _binding,
    "Secret": _secret,
    "Service": _service,
    "StatefulSet": _stateful_set,
}
