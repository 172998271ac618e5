"""`kubectl describe` of roles and their bindings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kube.bodies import list_at, mapping_at
from app.shell.kubectl.describe.writer import DESCRIBERS, Described, Writer, heading

__all__ = ["binding", "role"]


def role(about: Described, out: Writer) -> None:
    """Write a role: one line for each resource that a rule names."""
    heading(about, out, with_namespace=False)
    out.line("PolicyRule:")
    out.line("Resources\tNon-Resource URLs\tResource Names\tVerbs", 1)
    out.line("---------\t-----------------\t--------------\t-----", 1)
    for line in sorted(line for rule in list_at(about.body, "rules") for line in _rule(rule)):
        out.line(line[1], 1)


def _rule(rule: Mapping[str, Any]) -> list[tuple[tuple[int, str], str]]:
    verbs = _listed(list_at(rule, "verbs"))
    groups, names = list_at(rule, "apiGroups") or ("",), list_at(rule, "resourceNames")
    urls = list_at(rule, "nonResourceURLs")
    if urls:
        return [((1, ""), f"\t{_listed(urls)}\t[]\t{verbs}")]
    return [
        ((0, text), f"{text}\t[]\t{_listed([name] if name else [])}\t{verbs}")
        for group in groups
        for resource in list_at(rule, "resources")
        for name in names or ("",)
        for text in [f"{resource}.{group}" if group else str(resource)]
    ]


def _listed(texts: Any) -> str:
    return f"[{' '.join(map(str, texts))}]"


def binding(about: Described, out: Writer) -> None:
    """Write a binding: the role and to whom it is given."""
    heading(about, out, with_namespace=False)
    to = mapping_at(about.body, "roleRef")
    out.line("Role:")
    out.line(f"Kind:\t{to.get('kind')}", 1)
    out.line(f"Name:\t{to.get('name')}", 1)
    out.line("Subjects:")
    out.line("Kind\tName\tNamespace", 1)
    out.line("----\t----\t---------", 1)
    for subject in list_at(about.body, "subjects"):
        out.line(f"{subject.get('kind')}\t{subject.get('name')}\t{subject.get('namespace') or ''}", 1)


for _kind in ("Role", "ClusterRole"):
    DESCRIBERS.register(_kind)(role)
for _kind in ("RoleBinding", "ClusterRoleBinding"):
    DESCRIBERS.register(_kind)(binding)
