"""Ingress, IngressClass, NetworkPolicy. Source: Kubernetes pkg/apis/networking/validation/validation.go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.kube.bodies import list_at, mapping_at, value_at
from app.kube.validation.causes import (
    IMMUTABLE,
    SUBDOMAIN,
    Causes,
    cidr,
    dns_1035_label,
    forbidden,
    is_address,
    port_name,
    port_number,
    port_number_or_name,
    required,
    subdomain,
    wrong,
)
from app.kube.validation.workloads import label_selector

Body = Mapping[str, Any]

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
BAD_PARTS = ("//", "/./", "/../", "%2f", "%2F")
BAD_ENDS = ("/..", "/.")
WILDCARD = rf"\*\.{SUBDOMAIN}"
WILDCARD_WORDS = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
    "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', "
    rf"regex used for validation is '\*\.{SUBDOMAIN}')"
)


def check(body: Body) -> Causes:
    """Yield what is wrong with an Ingress."""
    spec = mapping_at(body, "spec")
    rules = list_at(spec, "rules")
    if not rules and "defaultBackend" not in spec:
        yield wrong("spec", rules or None, "either `defaultBackend` or `rules` must be specified")
    if "defaultBackend" in spec:
        yield from _backend("spec.defaultBackend", mapping_at(spec, "defaultBackend"))
    for index, rule in enumerate(rules):
        yield from _rule(f"spec.rules[{index}]", mapping_at(rule))
    for index, entry in enumerate(list_at(spec, "tls")):
        for number, host in enumerate(list_at(entry, "hosts")):
            yield from _host(f"spec.tls[{index}].hosts[{number}]", str(host))
        if secret := mapping_at(entry).get("secretName"):
            yield from subdomain(f"spec.tls[{index}].secretName", str(secret))
    name = spec.get("ingressClassName")
    if name is not None:
        yield from subdomain("spec.ingressClassName", str(name))


def check_new(body: Body) -> Causes:
    """Yield what is wrong with a new Ingress alone: its class may not be given twice."""
    annotated = mapping_at(body, "metadata", "annotations").get(CLASS_ANNOTATION)
    if annotated is not None and value_at(body, "spec", "ingressClassName") is not None:
        yield wrong(f"annotations.{CLASS_ANNOTATION}", annotated, "can not be set when the class field is also set")


def _host(at: str, host: str) -> Causes:
    if "*" in host:
        if not re.fullmatch(WILDCARD, host):
            yield wrong(at, host, WILDCARD_WORDS)
    else:
        yield from subdomain(at, host)


def _rule(at: str, rule: Body) -> Causes:
    if host := str(rule.get("host") or ""):
        if is_address(host):
            yield wrong(f"{at}.host", host, "must be a DNS name, not an IP address")
        yield from _host(f"{at}.host", host)
    if "http" not in rule:
        return
    paths = list_at(rule, "http", "paths")
    if not paths:
        yield required(f"{at}.http.paths")
    for index, each in enumerate(paths):
        yield from _path(f"{at}.http.paths[{index}]", mapping_at(each))


def _path(at: str, given: Body) -> Causes:
    kind, path = given.get("pathType"), str(given.get("path") or "")
    if not kind:
        yield required(f"{at}.pathType", "pathType must be specified")
        return
    if kind in ("Exact", "Prefix"):
        if not path.startswith("/"):
            yield wrong(f"{at}.path", path, "must be an absolute path")
        for part in BAD_PARTS:
            if part in path:
                yield wrong(f"{at}.path", path, f"must not contain '{part}'")
        for end in BAD_ENDS:
            if path.endswith(end):
                yield wrong(f"{at}.path", path, f"cannot end with '{end}'")
    elif path and not path.startswith("/"):
        yield wrong(f"{at}.path", path, "must be an absolute path")
    yield from _backend(f"{at}.backend", mapping_at(given, "backend"))


def _backend(at: str, backend: Body) -> Causes:
    if "resource" in backend and "service" in backend:
        yield wrong(at, "", "cannot set both resource and service backends")
    elif "resource" in backend:
        for name in ("kind", "name"):
            if not mapping_at(backend, "resource").get(name):
                yield required(f"{at}.resource.{name}")
    elif "service" in backend:
        yield from _service(at, mapping_at(backend, "service"))
    else:
        yield wrong(at, "", "resource or service backend is required")


def _service(at: str, service: Body) -> Causes:
    name, port = str(service.get("name") or ""), mapping_at(service, "port")
    if not name:
        yield required(f"{at}.service.name")
    else:
        yield from dns_1035_label(f"{at}.service.name", name)
    word, number = str(port.get("name") or ""), port.get("number") or 0
    if word and number:
        yield wrong(at, "", "cannot set both port name & port number")
    elif word:
        yield from port_name(f"{at}.service.port.name", word)
    elif number:
        yield from port_number(f"{at}.service.port.number", number)
    else:
        yield required(at, "port name or number is required")


def check_class(body: Body) -> Causes:
    """Yield what is wrong with an IngressClass."""
    controller = str(value_at(body, "spec", "controller") or "")
    if len(controller) > 250:
        yield wrong("spec.controller", controller, "must be at most 250 bytes")
    domain, slash, path = controller.partition("/")
    if not controller:
        yield required("spec.controller")
    elif not slash or not path or not re.fullmatch(SUBDOMAIN, domain):
        yield wrong("spec.controller", controller, 'must be a domain-prefixed path (such as "acme.io/foo")')


def check_class_update(body: Body, before: Body) -> Causes:
    """Yield what may not change in an IngressClass."""
    if value_at(body, "spec", "controller") != value_at(before, "spec", "controller"):
        yield wrong("spec.controller", value_at(body, "spec", "controller"), IMMUTABLE)


def check_policy(body: Body) -> Causes:
    """Yield what is wrong with a NetworkPolicy."""
    spec = mapping_at(body, "spec")
    yield from label_selector("spec.podSelector", mapping_at(spec, "podSelector"))
    for direction, side in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(list_at(spec, direction)):
            at = f"spec.{direction}[{index}]"
            for number, port in enumerate(list_at(rule, "ports")):
                yield from _policy_port(f"{at}.ports[{number}]", mapping_at(port))
            for number, peer in enumerate(list_at(rule, side)):
                yield from _peer(f"{at}.{side}[{number}]", mapping_at(peer))


def _policy_port(at: str, port: Body) -> Causes:
    number, end = port.get("port"), port.get("endPort")
    if number is not None:
        yield from port_number_or_name(f"{at}.port", number)
    if end is not None:
        if number is None:
            yield required(f"{at}.port", "must be specified when endPort is specified")
        elif isinstance(number, str):
            yield wrong(f"{at}.endPort", end, "may not be specified when `port` is non-numeric")
        elif end < number:
            yield wrong(f"{at}.endPort", end, "must be greater than or equal to `port`")


def _peer(at: str, peer: Body) -> Causes:
    named = [name for name in ("podSelector", "namespaceSelector", "ipBlock") if name in peer]
    if not named:
        yield required(at, "must specify a peer")
    elif "ipBlock" in named and len(named) > 1:
        yield forbidden(at, "may not specify both ipBlock and another peer")
    for name in ("podSelector", "namespaceSelector"):
        if name in peer:
            yield from label_selector(f"{at}.{name}", mapping_at(peer, name))
    if "ipBlock" in peer:
        block = mapping_at(peer, "ipBlock")
        if not block.get("cidr"):
            yield required(f"{at}.ipBlock.cidr")
        else:
            yield from cidr(f"{at}.ipBlock.cidr", block["cidr"])
        for index, each in enumerate(list_at(block, "except")):
            yield from cidr(f"{at}.ipBlock.except[{index}]", each)
