"""The tables of roles and their bindings. Source: printRole(), printRoleBinding() of printers.go."""

from __future__ import annotations

from collections.abc import Sequence

from app.kube.bodies import list_at, mapping_at
from app.kube.tables.table import TABLES, Body, Table, View, columns
from app.kube.tables.text import name

__all__: list[str] = []


def _role(body: Body, _: View) -> Sequence[str]:
    return name(body), str(mapping_at(body, "metadata").get("creationTimestamp") or "<unknown>")


def _binding(body: Body, view: View) -> Sequence[str]:
    role, subjects = mapping_at(body, "roleRef"), list_at(body, "subjects")
    users = [str(s.get("name", "")) for s in subjects if s.get("kind") == "User"]
    groups = [str(s.get("name", "")) for s in subjects if s.get("kind") == "Group"]
    accounts = [f"{s.get('namespace', '')}/{s.get('name', '')}" for s in subjects if s.get("kind") == "ServiceAccount"]
    shown = (", ".join(names) for names in (users, groups, accounts))
    return name(body), f"{role.get('kind', '')}/{role.get('name', '')}", view.age(body), *shown


for _kind in ("Role", "ClusterRole"):
    TABLES.register(_kind)(Table(columns("NAME,CREATED AT"), _role))
for _kind in ("RoleBinding", "ClusterRoleBinding"):
    TABLES.register(_kind)(Table(columns("NAME,ROLE,AGE", wide="USERS,GROUPS,SERVICEACCOUNTS"), _binding))
