"""`kubectl annotate`. Source: kubectl pkg/cmd/annotate/annotate.go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import CHANGE_CAUSE, DryRun, dry_run, print_changed
from app.shell.kubectl.errors import error
from app.shell.kubectl.metadatatexts import change_each, patched
from app.shell.kubectl.resources import Target
from app.shell.kubectl.targets import split_changes
from app.shell.result import CommandResult

__all__ = ["annotate"]


@VERBS.register("annotate")
def annotate(call: KubectlCall) -> CommandResult:
    """Update the annotations on a resource."""
    resources, words = split_changes(call.args, "annotation")
    wanted = {key: value for key, equals, value in (word.partition("=") for word in words) if equals}
    gone = [word[:-1] for word in words if "=" not in word]
    how = dry_run(call)
    if not (wanted or gone or call.flags.is_on("list")):
        raise error("at least one annotation update is required")
    if both := [key for key in gone if key in wanted]:
        raise error(
            f"can not both modify and remove the following annotation(s) in the same command: {', '.join(both)}"
        )
    return change_each(call, resources, "annotations", lambda each: _annotate(call, each, wanted, gone, how))


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
    print_changed(call, each.kind, patched(call, each, "annotations", wanted, gone, how), "annotated", how)
