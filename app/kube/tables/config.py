"""The tables of Namespaces, ConfigMaps, Secrets, ServiceAccounts and NetworkPolicies. Source: printers.go."""

from __future__ import annotations

from collections.abc import Sequence

from app.kube.bodies import list_at, mapping_at
from app.kube.tables.table import TABLES, Body, Table, View, columns
from app.kube.tables.text import format_selector, name

__all__: list[str] = []


def _namespace(body: Body, view: View) -> Sequence[str]:
    return name(body), str(mapping_at(body, "status").get("phase") or ""), view.age(body)


def _config_map(body: Body, view: View) -> Sequence[str]:
    return name(body), str(len(mapping_at(body, "data")) + len(mapping_at(body, "binaryData"))), view.age(body)


def _secret(body: Body, view: View) -> Sequence[str]:
    entries = {*mapping_at(body, "data"), *mapping_at(body, "stringData")}
    return name(body), str(body.get("type") or "Opaque"), str(len(entries)), view.age(body)


def _service_account(body: Body, view: View) -> Sequence[str]:
    return name(body), str(len(list_at(body, "secrets"))), view.age(body)


def _network_policy(body: Body, view: View) -> Sequence[str]:
    return name(body), format_selector(mapping_at(body, "spec", "podSelector")), view.age(body)


TABLES.register("Namespace")(Table(columns("NAME,STATUS,AGE"), _namespace))
TABLES.register("ConfigMap")(Table(columns("NAME,DATA,AGE"), _config_map))
TABLES.register("Secret")(Table(columns("NAME,TYPE,DATA,AGE"), _secret))
TABLES.register("ServiceAccount")(Table(columns("NAME,SECRETS,AGE"), _service_account))
TABLES.register("NetworkPolicy")(Table(columns("NAME,POD-SELECTOR,AGE"), _network_policy))
