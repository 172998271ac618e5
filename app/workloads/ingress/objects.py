"""Ingress objects as values, from either form of the API.

Source: k8s.io/api networking/v1 types.go (spec.defaultBackend, backend.service.name), extensions/v1beta1 types.go
(spec.backend, backend.serviceName).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.kube.objects import Object

__all__ = ["CLASS_ANNOTATION", "DEFAULT_CLASS", "BackendRef", "Ingress", "IngressClass", "PathRule", "Rule", "Tls"]

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"


@dataclass(frozen=True, slots=True)
class BackendRef:
    """The Service and its port (number or name) that a rule sends to; the namespace is the Ingress's."""

    namespace: str
    service: str
    port: int | str

    @property
    def name(self) -> str:
        """`NAMESPACE-SERVICE-PORT`, the form in which controllers name an upstream."""
        return f"{self.namespace}-{self.service}-{self.port}"


@dataclass(frozen=True, slots=True)
class PathRule:
    """One path. `path_type` is Exact, Prefix or ImplementationSpecific; `backend` None: a resource, no Service."""

    path: str
    path_type: str
    backend: BackendRef | None


@dataclass(frozen=True, slots=True)
class Rule:
    """The paths of one host; host "" is every host. `has_http` is False where the rule names nothing but its host."""

    host: str
    paths: tuple[PathRule, ...]
    has_http: bool = True


@dataclass(frozen=True, slots=True)
class Tls:
    """Hosts whose certificate stands in a Secret; secret "" is the controller's default certificate."""

    hosts: tuple[str, ...]
    secret: str


@dataclass(frozen=True, slots=True)
class Ingress:
    """An Ingress. `class_name` None: the field is absent."""

    namespace: str
    name: str
    class_name: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    tls: tuple[Tls, ...] = ()
    default_backend: BackendRef | None = None
    created: str = ""

    @property
    def key(self) -> str:
        """`NAMESPACE/NAME`."""
        return f"{self.namespace}/{self.name}"

    @classmethod
    def of(cls, given: Object) -> Ingress:
        """Return the value of a stored object; what is malformed (`controllers: none`) is left out."""
        spec = _map(given.body.get("spec"))
        namespace = given.namespace or "default"
        named = spec.get("ingressClassName")
        return cls(
            namespace,
            given.name,
            named if isinstance(named, str) else None,
            dict(given.metadata.annotations),
            tuple(_rule(namespace, _map(rule)) for rule in _list(spec.get("rules"))),
            tuple(_tls(_map(entry)) for entry in _list(spec.get("tls"))),
            _backend(namespace, _map(spec.get("defaultBackend") or spec.get("backend"))),
            str(_map(given.body.get("metadata")).get("creationTimestamp") or ""),
        )


@dataclass(frozen=True, slots=True)
class IngressClass:
    """An IngressClass: who serves it, and whether Ingresses without a class get it."""

    name: str
    controller: str
    is_default: bool = False

    @classmethod
    def of(cls, given: Object) -> IngressClass:
        """Return the value of a stored object."""
        controller = _map(given.body.get("spec")).get("controller")
        return cls(given.name, str(controller or ""), given.metadata.annotations.get(DEFAULT_CLASS) == "true")


def _rule(namespace: str, rule: Mapping[str, Any]) -> Rule:
    http = rule.get("http")
    paths = tuple(_path(namespace, _map(path)) for path in _list(_map(http).get("paths")))
    return Rule(str(rule.get("host") or ""), paths, has_http=isinstance(http, Mapping))


def _path(namespace: str, path: Mapping[str, Any]) -> PathRule:
    return PathRule(
        str(path.get("path") or ""),
        str(path.get("pathType") or "ImplementationSpecific"),
        _backend(namespace, _map(path.get("backend"))),
    )


def _backend(namespace: str, backend: Mapping[str, Any]) -> BackendRef | None:
    service = _map(backend.get("service"))
    name = service.get("name") or backend.get("serviceName")
    port = _map(service.get("port"))
    number = port.get("number") or port.get("name") or backend.get("servicePort")
    if not isinstance(name, str) or not isinstance(number, int | str):
        return None
    return BackendRef(namespace, name, number)


def _tls(entry: Mapping[str, Any]) -> Tls:
    return Tls(tuple(str(host) for host in _list(entry.get("hosts"))), str(entry.get("secretName") or ""))


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()
