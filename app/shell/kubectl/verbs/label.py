"""`kubectl label`. Source: kubectl pkg/cmd/label/label.go."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.kube.status import StatusError
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import DryRun, dry_run, print_changed
from app.shell.kubectl.errors import error
from app.shell.kubectl.output.jsontext import compact_json
from app.shell.kubectl.output.printer import format_of
from app.shell.kubectl.resources import Target
from app.shell.kubectl.targets import split_changes, targets
from app.shell.result import CommandResult

__all__ = ["LABEL_VALUE", "WHY_NO_LABEL_VALUE", "label", "metadata_patch"]

LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
WHY_NO_LABEL_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


@VERBS.register("label")
def label(call: KubectlCall) -> CommandResult:
    """Update the labels on a resource."""
    resources, words = split_changes(call.args, "label")
    wanted, gone = _changes(words)
    is_list, how = call.flags.is_on("list"), dry_run(call)
    if not wanted and not gone and not is_list:
        raise error("at least one label update is required")
    format_of(call)
    found = targets(call, resources)
    for each in found:
        if is_list:
            list_texts(call, each, each.object.metadata.labels, "labels", is_one=len(found) == 1)
            continue
        try:
            _label(call, each, wanted, gone, how)
        except StatusError as refusal:
            call.fail(refusal)
    return call.done()


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
        wrong += [] if LABEL_VALUE.fullmatch(parts[1]) else [WHY_NO_LABEL_VALUE]
        if wrong:
            raise error(f'invalid label value: "{word}": {";".join(wrong)}')
        wanted[parts[0]] = parts[1]
    if any(key in wanted for key in gone):
        raise error("can not both modify and remove a label in the same command")
    return wanted, gone


def list_texts(call: KubectlCall, each: Target, texts: Mapping[str, str], noun: str, *, is_one: bool) -> None:
    """Print labels or annotations one a line; of several objects with their names and indented."""
    if not is_one:
        call.say(f"Listing {noun} for {each.kind.kind}.{each.kind.group}/{each.name}:")
    for key, value in texts.items():
        call.say(f"{'' if is_one else ' '}{key}={value}")


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
        patch = metadata_patch("labels", added, removed, call.flags.text("resource-version"))
        body = call.api.patch(each.kind.kind, each.name, each.namespace, patch, "merge", dry_run=how != "none").body
    done = _message(old, body["metadata"].get("labels") or {}, is_overwriting=call.flags.is_on("overwrite"))
    print_changed(call, each.kind, body, done, how)


def _message(old: Mapping[str, str], new: Mapping[str, str], *, is_overwriting: bool) -> str:
    """Return what kubectl 1.32 calls a change: one that makes the object's JSON shorter took something off."""
    if old == new:
        return "not labeled"
    is_shorter = len(compact_json(dict(new))) < len(compact_json(dict(old)))
    return "unlabeled" if is_shorter and not is_overwriting else "labeled"


def metadata_patch(
    name: str, wanted: Mapping[str, str], gone: Sequence[str], resource_version: str = ""
) -> dict[str, dict[str, object]]:
    """Return the merge patch that sets and takes off labels or annotations."""
    metadata: dict[str, object] = {name: {**wanted, **dict.fromkeys(gone)}}
    return {"metadata": metadata | ({"resourceVersion": resource_version} if resource_version else {})}
