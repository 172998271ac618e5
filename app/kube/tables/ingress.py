"""The tables of Ingresses and their classes. Source: printIngress(), formatHosts(), formatPorts() of printers.go."""

from __future__ import annotations

from collections.abc import Sequence

from app.kube.bodies import list_at, mapping_at
from app.kube.tables.table import NONE, TABLES, Body, Table, View, columns
from app.kube.tables.text import SHOWN, load_balancer, name

__all__ = ["cells", "class_cells", "hosts"]


def cells(body: Body, view: View) -> Sequence[str]:
    """Return NAME CLASS HOSTS ADDRESS PORTS AGE. Nothing is wide."""
    spec = mapping_at(body, "spec")
    return (
        name(body),
        str(spec.get("ingressClassName") or NONE),
        hosts(list_at(spec, "rules")),
        load_balancer(body, view),
        "80, 443" if list_at(spec, "tls") else "80",
        view.age(body),
    )


def hosts(rules: Sequence[Body]) -> str:
    """Return the hosts of the rules, three at most; `*` where none is named."""
    named = [str(rule["host"]) for rule in rules if rule.get("host")]
    shown = ",".join(named[:SHOWN])
    return f"{shown} + {len(rules) - SHOWN} more..." if len(named) > SHOWN else shown or "*"


def class_cells(body: Body, view: View) -> Sequence[str]:
    """Return NAME CONTROLLER PARAMETERS AGE of an IngressClass."""
    spec = mapping_at(body, "spec")
    wanted = mapping_at(spec, "parameters")
    kind = ".".join(str(part) for part in (wanted.get("kind"), wanted.get("apiGroup")) if part)
    parameters = f"{kind}/{wanted.get('name', '')}" if wanted else NONE
    return name(body), str(spec.get("controller") or ""), parameters, view.age(body)


TABLES.register("Ingress")(Table(columns("NAME,CLASS,HOSTS,ADDRESS,PORTS,AGE"), cells))
TABLES.register("IngressClass")(Table(columns("NAME,CONTROLLER,PARAMETERS,AGE"), class_cells))
