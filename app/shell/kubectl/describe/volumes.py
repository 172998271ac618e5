"""The volumes of a Pod or of a template, as `describe` shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.kube.bodies import list_at, mapping_at
from app.kube.tables.table import NONE
from app.shell.kubectl.describe.writer import Writer

__all__ = ["describe_volumes"]

Body = Mapping[str, Any]


def describe_volumes(volumes: Sequence[Body], out: Writer, space: str = "") -> None:
    """Write volumes; `space` stands before the title in a template."""
    if not volumes:
        out.line(f"{space}Volumes:\t{NONE}")
        return
    out.line(f"{space}Volumes:")
    for volume in volumes:
        out.line(f"{' ' if space else ''}{volume.get('name')}:", 1)
        for line in _lines(volume):
            out.line(line, 2)


def _lines(volume: Body) -> list[str]:
    kind = next((key for key in volume if key != "name"), "")
    of = mapping_at(volume, kind) if kind else {}
    if kind == "emptyDir":
        limit = of.get("sizeLimit") or "<unset>"
        return [
            "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)",
            f"Medium:\t{of.get('medium') or ''}",
            f"SizeLimit:\t{limit}",
        ]
    if kind == "configMap":
        return ["Type:\tConfigMap (a volume populated by a ConfigMap)", f"Name:\t{of.get('name')}", _optional(of)]
    if kind == "secret":
        return ["Type:\tSecret (a volume populated by a Secret)", f"SecretName:\t{of.get('secretName')}", _optional(of)]
    if kind == "hostPath":
        return [
            "Type:\tHostPath (bare host directory volume)",
            f"Path:\t{of.get('path')}",
            f"HostPathType:\t{of.get('type') or ''}",
        ]
    if kind == "persistentVolumeClaim":
        return [
            "Type:\tPersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
            f"ClaimName:\t{of.get('claimName')}",
            f"ReadOnly:\t{str(bool(of.get('readOnly'))).lower()}",
        ]
    if kind == "downwardAPI":
        return ["Type:\tDownwardAPI (a volume populated by information about the pod)", "Items:", *_items(of)]
    if kind == "projected":
        return _projected(of)
    return ["Type:\t<unknown>"]


def _optional(of: Body) -> str:
    return f"Optional:\t{str(bool(of.get('optional'))).lower()}"


def _items(of: Body) -> list[str]:
    return [f"  {mapping_at(item, 'fieldRef').get('fieldPath')} -> {item.get('path')}" for item in list_at(of, "items")]


def _projected(of: Body) -> list[str]:
    lines = ["Type:\tProjected (a volume that contains injected data from multiple sources)"]
    for source in list_at(of, "sources"):
        if secret := source.get("secret"):
            lines += [f"SecretName:\t{secret.get('name')}", f"SecretOptionalName:\t{_pointer(secret)}"]
        elif source.get("downwardAPI") is not None:
            lines.append("DownwardAPI:\ttrue")
        elif config := source.get("configMap"):
            lines += [f"ConfigMapName:\t{config.get('name')}", f"ConfigMapOptional:\t{_pointer(config)}"]
        elif account := source.get("serviceAccountToken"):
            lines.append(f"TokenExpirationSeconds:\t{account.get('expirationSeconds') or 3600}")
    return lines


def _pointer(of: Body) -> str:
    return "<nil>" if of.get("optional") is None else str(bool(of["optional"])).lower()
