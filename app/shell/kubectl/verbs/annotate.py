"""`kubectl annotate`. Source: kubectl pkg/cmd/annotate/annotate.go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.kube.status import StatusError
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import CHANGE_CAUSE, DryRun, dry_run, print_changed
from app.shell.kubectl.errors import error
from app.shell.kubectl.output.printer import format_of
from app.shell.kubectl.resources import Target
from app.shell.kubectl.targets import split_changes, targets
from app.shell.kubectl.verbs.label import list_texts, metadata_patch
from app.shell.result import CommandResult

__all__ = ["annotate"]


@VERBS.register("annotate")
def annotate(call: KubectlCall) -> CommandResult:
    """Update the annotations on a resource."""
    resources, words = split_changes(call.args, "annotation")
    wanted = {key: value for key, equals, value in (word.partition("=") for word in words) if equals}
    gone = [word[:-1] for word in words if "=" not in word]
    is_list, how = call.flags.is_on("list"), dry_run(call)
    if not wanted and not gone and not is_list:
        raise error("at least one annotation update is required")
    if both := [key for key in gone if key in wanted]:
        raise error(
            f"can not both modify and remove the following annotation(s) in the same command: {', '.join(both)}"
        )
    format_of(call)
    found = targets(call, resources)
    for each in found:
        if is_list:
            list_texts(call, each, each.object.metadata.annotations, "annotations", is_one=len(found) == 1)
            continue
        try:
            _annotate(call, each, wanted, gone, how)
        except StatusError as refusal:
            call.fail(refusal)
    return call.done()


def _annotate(call: KubectlCall, each: Target, wanted: Mapping[str, str], gone: Sequence[str], how: DryRun) -> None:
    old = each.object.metadata.annotations
    if not call.flags.is_on("overwrite"):
        taken = [
            f"'{key}' already has a value ({old[key]})"
            for key, value in wanted.items()
            if key in old and old[key] != value and key != CHANGE_CAUSE
        ]
        if taken:
            call.fail(f"--overwrite is false but found the following declared annotation(s): {'; '.join(taken)}")
            return
    patch = metadata_patch("annotations", wanted, gone, call.flags.text("resource-version"))
    changed = call.api.patch(each.kind.kind, each.name, each.namespace, patch, "merge", dry_run=how != "none")
    print_changed(call, each.kind, changed.body, "annotated", how)
