"""Changing the Pod template of a workload, or a Pod itself: what the `set` commands share.

Source: kubectl pkg/polymorphichelpers/updatepodspec.go, pkg/cmd/set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.kube.bodies import list_at, with_value
from app.kube.status import StatusError
from app.shell.kubectl.call import KubectlCall
from app.shell.kubectl.changing import dry_run, print_changed
from app.shell.kubectl.resources import Target

__all__ = ["Container", "change_containers", "patch_with", "spec_path"]

Container = dict[str, Any]
_TEMPLATED = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet")


def spec_path(call: KubectlCall, each: Target) -> tuple[str, ...] | None:
    """Return where the Pod's spec stands in an object; None where there is none, which is noted as an error."""
    if each.kind.kind == "Pod":
        return ("spec",)
    if each.kind.kind in _TEMPLATED:
        return ("spec", "template", "spec")
    version = each.kind.version
    call.fail(
        f"{each.kind.plural}/{each.name} the object is not a pod or does not have a pod template: "
        f"*{version}.{each.kind.kind}"
    )
    return None


def change_containers(call: KubectlCall, each: Target, change: Callable[[list[Container]], bool], done: str) -> None:
    """Let `change` work on copies of the containers (init containers too); write them if something is different.

    `change` returns False where it noted an error and nothing is to be written.
    """
    path = spec_path(call, each)
    if path is None:
        return
    body: Mapping[str, Any] = each.object.body
    lists = {name: [dict(item) for item in list_at(body, *path, name)] for name in ("containers", "initContainers")}
    if not change([container for items in lists.values() for container in items]):
        return
    changed = dict(body)
    for name, items in lists.items():
        if items != list_at(body, *path, name):
            changed = with_value(changed, (*path, name), items)
    if changed != body:
        top = path[0]
        patch_with(call, each, {top: {"template": changed[top]["template"]} if len(path) > 1 else changed[top]}, done)


def patch_with(call: KubectlCall, each: Target, patch: Mapping[str, Any], done: str) -> None:
    """Send a merge patch and print what it made; a refusal is noted."""
    how = dry_run(call)
    try:
        changed = call.api.patch(each.kind.kind, each.name, each.namespace, patch, "merge", dry_run=how != "none")
    except StatusError as refusal:
        call.fail(refusal)
        return
    print_changed(call, each.kind, changed.body, done, how)
