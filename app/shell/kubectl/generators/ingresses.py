"""Ingress of `create ingress --rule=HOST/PATH=SERVICE:PORT[,tls[=SECRET]]`.

Source: kubectl pkg/cmd/create/create_ingress.go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.shell.kubectl.errors import error
from app.shell.kubectl.generators.body import Body, int_or_name, metadata, object_of

__all__ = ["ingress"]

#: Only the beginning has to fit, as in kubectl: what follows the port is looked at for `,tls`.
_RULE = re.compile(r"(?P<host>[\w*.-]*)(?P<path>/[^=]*)=(?P<service>[\w-]+):(?P<port>[\w-]+)", re.ASCII)


def ingress(
    name: str,
    namespace: str,
    rules: Sequence[str],
    *,
    class_name: str = "",
    default_backend: str = "",
    annotations: Sequence[str] = (),
) -> Body:
    """Return `create ingress NAME`: a path that ends with `*` is a Prefix, another is Exact."""
    if not default_backend and not rules:
        raise error(
            "not enough information provided: every ingress has to either specify a default-backend "
            "(which catches all traffic) or a list of rules (which catch specific paths)"
        )
    for rule in rules:
        if not _RULE.match(rule):
            raise error(f"rule {rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]")
    for annotation in annotations:
        if "=" not in annotation:
            raise error(f"annotation {annotation} is invalid and should be in format key=[value]")
    if default_backend and default_backend.count(":") != 1:
        raise error("default-backend should be in format servicename:serviceport")
    spec: Body = {}
    if class_name:
        spec["ingressClassName"] = class_name
    if default_backend:
        spec["defaultBackend"] = _backend(default_backend)
    if tls := _tls(rules):
        spec["tls"] = tls
    if rules:
        spec["rules"] = _rules(rules)
    notes = {key: value for key, _, value in (text.partition("=") for text in annotations)}
    meta = metadata(name, namespace, annotations=notes)
    return object_of("networking.k8s.io/v1", "Ingress", meta, spec=spec, status={"loadBalancer": {}})


def _rules(rules: Sequence[str]) -> list[Body]:
    by_host: dict[str, list[Body]] = {}
    for rule in rules:
        host, _, rest = rule.partition(",")[0].partition("/")
        path, _, service = rest.partition("=")
        is_prefix = ("/" + path).endswith("*")
        by_host.setdefault(host, []).append(
            {
                "path": "/" + path.removesuffix("*"),
                "pathType": "Prefix" if is_prefix else "Exact",
                "backend": _backend(service),
            }
        )
    return [({"host": host} if host else {}) | {"http": {"paths": paths}} for host, paths in by_host.items()]


def _tls(rules: Sequence[str]) -> list[Body]:
    """Return the certificates: hosts that name the same Secret share one entry, a host has one only."""
    entries: list[Body] = []
    seen: set[str] = set()
    for rule in rules:
        _, comma, wanted = rule.partition(",")
        host = rule.partition("/")[0]
        if not comma or host in seen:
            continue
        seen.add(host)
        secret = wanted.partition("=")[2]
        shared = next((entry for entry in entries if entry.get("secretName", "") == secret), None)
        if shared is not None:
            shared["hosts"] = [*shared.get("hosts", []), host]
        elif entry := ({"hosts": [host]} if host else {}) | ({"secretName": secret} if secret else {}):
            entries.append(entry)
    return entries


def _backend(text: str) -> Body:
    name, _, port = text.partition(":")
    number = int_or_name(port)
    return {"service": {"name": name, "port": {"number": number} if isinstance(number, int) else {"name": number}}}
