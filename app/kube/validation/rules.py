"""Which checks hold for which kind, and the legal words of every field that has such a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from itertools import chain
from typing import Any

from app.kube.schema import Schema, Type
from app.kube.scheme import Kind
from app.kube.status import Cause
from app.kube.validation import metadata, networking, others, pods, services, workloads
from app.kube.validation.causes import Causes, unsupported

Body = Mapping[str, Any]
Check = Callable[[Body], Causes]
UpdateCheck = Callable[[Body, Body], Causes]


def _workload(kind: str) -> Check:
    return lambda body: workloads.check(kind, body)


def _workload_update(kind: str) -> UpdateCheck:
    return lambda body, before: workloads.check_update(kind, body, before)


WORKLOADS = ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet")
CHECKS: Mapping[str, Check] = {
    "ClusterRole": others.check_role,
    "ClusterRoleBinding": others.check_binding,
    "ConfigMap": others.check_config_map,
    "EndpointSlice": services.check_slice,
    "Endpoints": services.check_endpoints,
    "Ingress": networking.check,
    "IngressClass": networking.check_class,
    "NetworkPolicy": networking.check_policy,
    "Node": others.check_node,
    "Pod": pods.check,
    "Role": others.check_role,
    "RoleBinding": others.check_binding,
    "Secret": others.check_secret,
    "Service": services.check,
    **{kind: _workload(kind) for kind in WORKLOADS},
}
UPDATES: Mapping[str, UpdateCheck] = {
    "ClusterRoleBinding": others.check_binding_update,
    "ConfigMap": others.check_map_update,
    "EndpointSlice": services.check_slice_update,
    "IngressClass": networking.check_class_update,
    "Node": others.check_node_update,
    "Pod": pods.check_update,
    "RoleBinding": others.check_binding_update,
    "Secret": others.check_map_update,
    "Service": services.check_update,
    **{kind: _workload_update(kind) for kind in WORKLOADS},
}


def check_new(kind: Kind, body: Body) -> list[Cause]:
    """Return what is wrong with a new object (decoded and defaulted)."""
    extra = networking.check_new(body) if kind.kind == "Ingress" else ()
    return [*chain(metadata.check(kind, body), _content(kind, body), extra)]


def check_update(kind: Kind, body: Body, before: Body) -> list[Cause]:
    """Return what is wrong with a changed object, or may not change in it."""
    changes = UPDATES.get(kind.kind)
    found = [*metadata.check(kind, body), *metadata.check_update(body, before), *_content(kind, body)]
    return [*found, *(changes(body, before) if changes else ())]


def _content(kind: Kind, body: Body) -> Causes:
    yield from _enums(Schema.of(kind.kind), body, "")
    check = CHECKS.get(kind.kind)
    if check:
        yield from check(body)


def _enums(type_: Type, value: Body, at: str) -> Causes:
    """Yield every word that is not one of the legal ones. A status is the components' own business."""
    for name, has_list in _worded(type_.name):
        if name not in value or (not at and name == "status"):
            continue
        found, inner = type_.fields[name], value[name]
        path = f"{at}.{name}" if at else name
        for place, each in _elements(inner, path):
            if has_list:
                if each not in found.enum and not (each == "" and not found.required):
                    yield unsupported(place, each, found.enum)
            elif found.struct and isinstance(each, Mapping):
                yield from _enums(found.struct, each, place)


def _elements(value: Any, at: str) -> list[tuple[str, Any]]:
    return [(f"{at}[{index}]", each) for index, each in enumerate(value)] if isinstance(value, list) else [(at, value)]


@cache
def _worded(name: str) -> tuple[tuple[str, bool], ...]:
    """Return the fields of a type that have a list of legal words (True), or hold something that has (False)."""
    return tuple(
        (each.name, bool(each.enum))
        for each in Schema.type(name).fields.values()
        if each.enum or _leads(each.element, ())
    )


@cache
def _leads(name: str, seen: tuple[str, ...]) -> bool:
    try:
        fields = Schema.type(name).fields.values()
    except KeyError:
        return False
    return name not in seen and any(each.enum or _leads(each.element, (*seen, name)) for each in fields)
