"""`kubectl label`. Source: kubectl pkg/cmd/label/label.go."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.kube.validation.causes import LABEL_VALUE, LABEL_VALUE_WORDS
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import DryRun, dry_run, print_changed
from app.shell.kubectl.errors import error
from app.shell.kubectl.metadatatexts import change_each, patched
from app.shell.kubectl.output.jsontext import compact_json
from app.shell.kubectl.resources import Target
from app.shell.kubectl.targets import split_changes
from app.shell.result import CommandResult

__all__ = ["label"]


@VERBS.register("label")
def label(call: KubectlCall) -> CommandResult:
    """Update the labels on a resource."""
    resources, words = split_changes(call.args, "label")
    wanted, gone = _changes(words)
    how = dry_run(call)
    if not (wanted or gone or call.flags.is_on("list")):
        raise error("at least one label update is required")
    return change_each(call, resources, "labels", lambda each: _label(call, each, wanted, gone, how))


def _changes(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return the labels to set, and the names of those to take off."""
    wanted: dict[str, str] = {}
    gone: list[str] = []
    for word in words:
        parts = word.split("=")
        if len(parts) == 1:
            gone.append(word[:-1])
            continue
        if len(parts) != 2:
            raise error(f"invalid label spec: {word}")
        wrong = ["must be no more than 63 characters"] if len(parts[1]) > 63 else []
        wrong += [] if re.fullmatch(LABEL_VALUE, parts[1]) else [LABEL_VALUE_WORDS]
        if wrong:
            raise error(f'invalid label value: "{word}": {";".join(wrong)}')
        wanted[parts[0]] = parts[1]
    if any(key in wanted for key in gone):
        raise error("can not both modify and remove a label in the same command")
    return wanted, gone


def _label(call: KubectlCall, each: Target, wanted: Mapping[str, str], gone: Sequence[str], how: DryRun) -> None:
    old = each.object.metadata.labels
    if not call.flags.is_on("overwrite"):
        taken = [key for key, value in wanted.items() if key in old and old[key] != value]
        for key in taken:
            call.fail(f"'{key}' already has a value ({old[key]}), and --overwrite is false")
        if taken:
            return
    if how != "client":
        for key in gone:
            if key not in old:
                call.say(f'label "{key}" not found.')
    added = {key: value for key, value in wanted.items() if old.get(key) != value}
    removed = [key for key in gone if key in old]
    body = each.object.body
    if added or removed:
        body = patched(call, each, "labels", added, removed, how)
    done = _message(old, body["metadata"].get("labels") or {}, is_overwriting=call.flags.is_on("overwrite"))
    print_changed(call, each.kind, body, done, how)


def _message(old: Mapping[str, str], new: Mapping[str, str], *, is_overwriting: bool) -> str:
    """Return what kubectl 1.32 calls a change: one that makes the object's JSON shorter took something off."""
    if old == new:
        return "not labeled"
    is_shorter = len(compact_json(dict(new))) < len(compact_json(dict(old)))
    return "unlabeled" if is_shorter and not is_overwriting else "labeled"
