"""Labels and annotations: what `label` and `annotate` do alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from app.kube.status import StatusError
from app.shell.kubectl.call import KubectlCall
from app.shell.kubectl.changing import DryRun
from app.shell.kubectl.output.printer import format_of
from app.shell.kubectl.resources import Target
from app.shell.kubectl.targets import targets
from app.shell.result import CommandResult

__all__ = ["Field", "change_each", "patched"]

#: The field of `metadata` that holds them.
Field = Literal["labels", "annotations"]


def change_each(
    call: KubectlCall, resources: Sequence[str], field: Field, change: Callable[[Target], None]
) -> CommandResult:
    """Change the objects one after the other, or print what they have (--list); a refusal is noted."""
    format_of(call)
    found = targets(call, resources)
    for each in found:
        if call.flags.is_on("list"):
            _list(call, each, field, is_one=len(found) == 1)
            continue
        try:
            change(each)
        except StatusError as refusal:
            call.fail(refusal)
    return call.done()


def _list(call: KubectlCall, each: Target, field: Field, *, is_one: bool) -> None:
    """Print labels or annotations one a line; of several objects with their names and indented."""
    metadata = each.object.metadata
    if not is_one:
        call.say(f"Listing {field} for {each.kind.kind}.{each.kind.group}/{each.name}:")
    for key, value in (metadata.labels if field == "labels" else metadata.annotations).items():
        call.say(f"{'' if is_one else ' '}{key}={value}")


def patched(
    call: KubectlCall, each: Target, field: Field, wanted: Mapping[str, str], gone: Sequence[str], how: DryRun
) -> Mapping[str, Any]:
    """Set and take off labels or annotations; return the object as the server has it then."""
    metadata: dict[str, Any] = {field: {**wanted, **dict.fromkeys(gone)}}
    if resource_version := call.flags.text("resource-version"):
        metadata["resourceVersion"] = resource_version
    patch, dry = {"metadata": metadata}, how != "none"
    return call.api.patch(each.kind.kind, each.name, each.namespace, patch, "merge", dry_run=dry).body
