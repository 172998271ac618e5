"""Defaults of Pods and Pod templates.

Sources: Kubernetes pkg/apis/core/v1/defaults.go; the admission plugins ServiceAccount, Priority and
DefaultTolerationSeconds; pkg/apis/core/v1/helper/qos/qos.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kube.bodies import derived_suffix, list_at, mapping_at
from app.kube.filling import Body, Json, each_of, inner
from app.kube.listens import image_tag
from app.kube.scheme import Version

API_ACCESS = "/var/run/secrets/kubernetes.io/serviceaccount"
COUNTED = frozenset(["cpu", "memory"])
"""The resources that a Pod's QoS class is made of."""
PROJECTED_SINCE = (1, 21)
"""Pods mount a bound token (kube-api-access-xxxxx) since BoundServiceAccountTokenVolume; before, the Secret's token."""


def pod(body: Json, _version: Version) -> Json:
    """Return a Pod with its defaults."""
    spec = body.get("spec")
    if not isinstance(spec, Mapping):
        return body
    filled: Json = {"enableServiceLinks": True, **pod_spec(spec)}
    for name in ("containers", "initContainers"):
        each_of(filled, name, _with_requests)
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
    containers = [each for name in ("containers", "initContainers") for each in list_at(body, "spec", name)]
    asked, limited = ([_counted(each, name) for each in containers] for name in ("requests", "limits"))
    if not any(asked) and not any(limited):
        return "BestEffort"
    whole = all(set(most) == COUNTED for most in limited)
    same = all({**most, **each} == most for each, most in zip(asked, limited, strict=True))
    return "Guaranteed" if whole and same else "Burstable"


def _counted(container: Any, name: str) -> Json:
    given = mapping_at(container, "resources", name)
    return {key: amount for key, amount in given.items() if key in COUNTED}


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
        each_of(filled, name, _container)
    if filled.get("hostNetwork") is True:
        for name in ("containers", "initContainers"):
            each_of(filled, name, _with_host_ports)
    each_of(filled, "volumes", _volume)
    return filled


def _container(given: Json) -> Json:
    filled: Json = {
        "imagePullPolicy": _pull_policy(str(given.get("image", ""))),
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        **given,
    }
    each_of(filled, "ports", lambda port: {"protocol": "TCP", **port})
    each_of(filled, "env", _env)
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        inner(filled, name, _probe)
    inner(filled, "lifecycle", _lifecycle)
    return filled


def _pull_policy(image: str) -> str:
    """`latest`, said or meant, is pulled each time. Source: pkg/apis/core/v1/defaults.go, SetDefaults_Container()."""
    return "IfNotPresent" if "@" in image or image_tag(image) not in ("", "latest") else "Always"


def _with_host_ports(container: Json) -> Json:
    filled = dict(container)
    each_of(filled, "ports", lambda port: {**port, "hostPort": port.get("hostPort") or port.get("containerPort")})
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
    inner(filled, "httpGet", lambda get: {"path": "/", "scheme": "HTTP", **get})
    inner(filled, "grpc", lambda call: {"service": "", **call})
    return filled


def _lifecycle(given: Json) -> Json:
    filled = dict(given)
    for name in ("postStart", "preStop"):
        inner(filled, name, _handler)
    return filled


def _volume(given: Json) -> Json:
    filled = dict(given)
    if set(filled) <= {"name"}:
        filled["emptyDir"] = {}
    for name in ("configMap", "secret", "projected", "downwardAPI"):
        inner(filled, name, lambda source: {"defaultMode": 420, **source})
    inner(filled, "hostPath", lambda source: {"type": "", **source})
    return filled
