"""`kubectl apply -f`: bring objects to what manifests say, with the three-way merge of the last applied manifest.

Source: kubectl pkg/cmd/apply/apply.go, patcher.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kube.schema import Schema
from app.kube.status import StatusError
from app.kube.strategic import strategic_merge
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import DryRun, dry_run, print_changed, validation
from app.shell.kubectl.errors import error
from app.shell.kubectl.generators.body import without_nulls
from app.shell.kubectl.lastapplied import LAST_APPLIED, last_applied, with_last_applied
from app.shell.kubectl.manifests import Manifest, has_files, manifests
from app.shell.kubectl.output.jsontext import compact_json
from app.shell.kubectl.output.printer import format_of, print_object
from app.shell.kubectl.threeway import three_way_patch
from app.shell.result import CommandResult, not_modelled

__all__ = ["apply", "list_kind"]

#: Objects that are printed with -o are printed at the end, several of them as one List.
_Printed = list[Mapping[str, Any]]


@VERBS.register("apply")
def apply(call: KubectlCall) -> CommandResult:
    """Apply a configuration to a resource by file name or stdin."""
    if call.args:
        raise call.usage_error(f"Unexpected args: [{' '.join(call.args)}]")
    if not has_files(call):
        raise error("must specify one of -f and -k")
    for name in ("server-side", "prune"):
        if call.flags.is_on(name):
            raise not_modelled(f"kubectl apply --{name}", "apply without it")
    how, printed, found = dry_run(call), _Printed(), 0
    validation(call)
    form = format_of(call)
    for each in manifests(call):
        found += 1
        outcome = _applied(call, each, how)
        if outcome is None:
            continue
        if form.name in ("", "name"):
            print_changed(call, each.kind, outcome[1], outcome[0], how)
        else:
            printed.append(outcome[1])
    if not found and not call.has_failed:
        raise error("no objects passed to apply")
    if printed:
        listed = {"apiVersion": "v1", "kind": "List", "metadata": {}, "items": printed}
        call.write(print_object(form, printed[0] if len(printed) == 1 else listed))
    return call.done()


def _applied(call: KubectlCall, each: Manifest, how: DryRun) -> tuple[str, Mapping[str, Any]] | None:
    """Bring one object to its manifest; return what was done and the object, or None where it was refused."""
    if not each.name:
        call.fail(_nameless(each))
        return None
    modified = with_last_applied(each.body)
    current = call.api.find(each.kind.kind, each.name, each.namespace)
    if current is None:
        body: Mapping[str, Any] = without_nulls(modified)
        try:
            if how != "client":
                checks = validation(call)
                body = call.api.create(body, each.namespace, dry_run=how == "server", validation=checks).body
        except StatusError as refusal:
            call.fail(refusal, f'error when creating "{each.source}"')
            return None
        return "created", body
    last = last_applied(current.body)
    if last is None:
        call.warn(
            f"resource {each.kind.plural}/{each.name} is missing the {LAST_APPLIED} annotation which is required by "
            "kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl "
            "create --save-config or kubectl apply. The missing annotation will be patched automatically."
        )
    patch = three_way_patch(last or {}, modified, current.body, lambda path: list_kind(each.kind.kind, path))
    if not patch:
        return "unchanged", current.body
    return _patched(call, each, patch, current.body, how)


def _patched(
    call: KubectlCall, each: Manifest, patch: dict[str, Any], current: Mapping[str, Any], how: DryRun
) -> tuple[str, Mapping[str, Any]] | None:
    kind = each.kind.kind
    if how == "client":
        return "configured", strategic_merge(current, patch, Schema.of(kind))
    try:
        changed = call.api.patch(kind, each.name, each.namespace, patch, "strategic", dry_run=how == "server")
    except StatusError as refusal:
        call.fail(refusal, _applying(each, patch))
        return None
    if "deletionTimestamp" in changed.body.get("metadata", {}):
        call.warn(f"Detected changes to resource {each.name} which is currently being deleted.")
    return "configured", changed.body


def list_kind(kind: str, path: tuple[str, ...]) -> str | None:
    """Return how a list of this kind is merged. See `three_way_patch`."""
    field = Schema.of(kind).field(path)
    return field.merge_key if field is not None and "merge" in field.patch else None


def _resource(each: Manifest) -> str:
    kind = each.kind
    return (
        f'Resource: "{kind.group}/{kind.version}, Resource={kind.plural}", '
        f'GroupVersionKind: "{kind.group}/{kind.version}, Kind={kind.kind}"\n'
        f'Name: "{each.name}", Namespace: "{each.namespace}"'
    )


def _nameless(each: Manifest) -> str:
    prefix = each.body["metadata"].get("generateName")
    if prefix:
        return f"from {prefix}: cannot use generate name with apply"
    return (
        f"error when retrieving current configuration of:\n{_resource(each)}\n"
        f'from server for: "{each.source}": resource name may not be empty'
    )


def _applying(each: Manifest, patch: Mapping[str, Any]) -> str:
    return f'error when applying patch:\n{compact_json(patch)}\nto:\n{_resource(each)}\nfor: "{each.source}"'
