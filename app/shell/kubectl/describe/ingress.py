"""`kubectl describe` of Ingresses and their classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.kube.bodies import list_at, mapping_at
from app.kube.tables.table import NONE
from app.kube.tables.text import load_balancer
from app.shell.kubectl.describe.service import ready_sockets
from app.shell.kubectl.describe.writer import DESCRIBERS, Described, Writer, heading

__all__ = ["ingress", "ingress_class"]

WITHOUT_DEFAULT_BACKEND = (1, 24)
"""Since then an Ingress without a default backend shows `<default>`."""
OLD_DEFAULT = 'default-http-backend:80 (<error: endpoints "default-http-backend" not found>)'


@DESCRIBERS.register("Ingress")
def ingress(about: Described, out: Writer) -> None:
    """Write an Ingress: its rules, and behind each backend the endpoints or why there are none."""
    spec, metadata = about.spec, mapping_at(about.body, "metadata")
    out.line(f"Name:\t{about.object.name}")
    out.labels("Labels", mapping_at(metadata, "labels"))
    out.line(f"Namespace:\t{about.object.namespace}")
    out.line(f"Address:\t{load_balancer(about.body, replace(about.call.view(), is_wide=True))}")
    out.line(f"Ingress Class:\t{spec.get('ingressClassName') or NONE}")
    default = OLD_DEFAULT if about.call.version < WITHOUT_DEFAULT_BACKEND else "<default>"
    if backend := mapping_at(spec, "defaultBackend"):
        default = _backend(about, backend)
    out.line(f"Default backend:\t{default}")
    _tls(spec, out)
    out.line("Rules:")
    out.line("Host\tPath\tBackends", 1)
    out.line("----\t----\t--------", 1)
    rules = [rule for rule in list_at(spec, "rules") if rule.get("http")]
    for rule in rules:
        out.line(f"{rule.get('host') or '*'}\t", 1)
        for path in list_at(rule, "http", "paths"):
            out.line(f"\t{path.get('path') or ''} \t{_backend(about, mapping_at(path, 'backend'))}", 2)
    if not rules:
        out.line(f"*\t*\t{default}", 1)
    out.annotations("Annotations", mapping_at(metadata, "annotations"))
    about.events(out)


def _tls(spec: Mapping[str, Any], out: Writer) -> None:
    entries = list_at(spec, "tls")
    if entries:
        out.line("TLS:")
    for entry in entries:
        hosts, secret = ",".join(list_at(entry, "hosts")), entry.get("secretName")
        out.line(f"{secret} terminates {hosts}" if secret else f"SNI routes {hosts}", 1)


def _backend(about: Described, backend: Mapping[str, Any]) -> str:
    call, namespace = about.call, about.object.namespace
    to = mapping_at(backend, "service")
    if not to:
        resource = mapping_at(backend, "resource")
        group = f"{resource['apiGroup']}/" if resource.get("apiGroup") else ""
        return f"APIGroup: {group or NONE}, Kind: {resource.get('kind')}, Name: {resource.get('name')}"
    number, port_name = mapping_at(to, "port").get("number"), mapping_at(to, "port").get("name")
    text = f"{to.get('name')}:{port_name or number or 0}"
    found = call.api.find("Service", str(to.get("name")), namespace)
    if found is None:
        return f'{text} (<error: services "{to.get("name")}" not found>)'
    names = [
        port.get("name") or ""
        for port in list_at(found.body, "spec", "ports")
        if (number and port.get("port") == number) or (port_name and port.get("name") == port_name)
    ]
    return f"{text} ({ready_sockets(call, namespace, str(to.get('name')), names[-1] if names else '')})"


@DESCRIBERS.register("IngressClass")
def ingress_class(about: Described, out: Writer) -> None:
    """Write an IngressClass."""
    heading(about, out, with_namespace=False)
    out.line(f"Controller:\t{about.spec.get('controller') or ''}")
    if wanted := mapping_at(about.spec, "parameters"):
        out.line("Parameters:")
        for key, word in (("apiGroup", "APIGroup"), ("kind", "Kind"), ("name", "Name")):
            if wanted.get(key):
                out.line(f"{word}:\t{wanted[key]}", 1)
    about.events(out)
