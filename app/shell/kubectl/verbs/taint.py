"""`kubectl taint`. Source: kubectl pkg/cmd/taint/taint.go, utils.go."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.kube.bodies import list_at
from app.kube.status import StatusError
from app.kube.validation.causes import LABEL_VALUE, LABEL_VALUE_WORDS, NAME_PART, NAME_PART_WORDS
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import dry_run, print_changed
from app.shell.kubectl.errors import error
from app.shell.kubectl.output.printer import format_of
from app.shell.kubectl.resources import Target, find_objects
from app.shell.kubectl.targets import split_changes
from app.shell.result import CommandResult

__all__ = ["taint"]

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_KEY = re.compile(rf"(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?{NAME_PART}")


@dataclass(frozen=True, slots=True)
class _Taint:
    """One word of the line: `KEY[=VALUE]:EFFECT`; one to take off may lack the effect."""

    key: str
    value: str
    effect: str

    @property
    def text(self) -> str:
        """`KEY=VALUE:EFFECT` as far as it is there."""
        key = f"{self.key}={self.value}" if self.value else self.key
        return f"{key}:{self.effect}" if self.effect else key

    def fits(self, other: Mapping[str, Any]) -> bool:
        """Whether it is a Node's taint, told by key and effect (any effect where it has none)."""
        return other.get("key") == self.key and self.effect in ("", other.get("effect"))

    def body(self) -> dict[str, str]:
        """The taint of a Node's spec."""
        value = {"value": self.value} if self.value else {}
        return {"effect": self.effect, "key": self.key, **value}


@VERBS.register("taint")
def taint(call: KubectlCall) -> CommandResult:
    """Update the taints on one or more nodes."""
    resources, words = split_changes(call.args, "taint", signs="=:")
    if not resources:
        raise error("one or more resources must be specified as <resource> <name>")
    if not words:
        raise error("at least one taint update is required")
    wanted, gone = _parse(call, words)
    kind = call.kind(resources[0])
    if kind.kind != "Node":
        raise error(f"invalid resource type {resources[0].lower()}, only node types are supported")
    clash = [f"{off.key}={off.effect}" for on in wanted for off in gone if off.fits(on.body())]
    if clash:
        raise error(f"can not both modify and remove the following taint(s) in the same command: {', '.join(clash)}")
    is_all, selector = call.flags.is_on("all"), call.flags.text("selector")
    if is_all and selector:
        raise error("setting 'all' parameter with a non empty selector is prohibited")
    if not is_all and not selector and len(resources) < 2:
        raise error("at least one resource name must be specified since 'all' parameter is not set")
    format_of(call)
    for each in find_objects(call, resources[:1] if is_all or selector else resources):
        _change(call, each, wanted, gone)
    return call.done()


def _parse(call: KubectlCall, words: Sequence[str]) -> tuple[list[_Taint], list[_Taint]]:
    wanted: list[_Taint] = []
    gone: list[_Taint] = []
    for word in words:
        if word.endswith("-"):
            gone.append(_taint(call, word[:-1]))
            continue
        new = _taint(call, word)
        if not new.effect:
            raise call.usage_error(f"invalid taint spec: {word}")
        if any((old.key, old.effect) == (new.key, new.effect) for old in wanted):
            value = f"{{{new.key} {new.value} {new.effect} <nil>}}"
            raise call.usage_error(f"duplicated taints with the same key and effect: {value}")
        wanted.append(new)
    return wanted, gone


def _taint(call: KubectlCall, text: str) -> _Taint:
    parts = text.split(":")
    if len(parts) > 2:
        raise call.usage_error(f"invalid taint spec: {text}")
    key, value, effect = parts[0], "", ""
    if len(parts) == 2:
        effect = parts[1]
        if effect not in _EFFECTS:
            raise call.usage_error(f"invalid taint effect: {effect}, unsupported taint effect")
        if key.count("=") > 1:
            raise call.usage_error(f"invalid taint spec: {text}")
        key, _, value = key.partition("=")
        if not re.fullmatch(LABEL_VALUE, value):
            raise call.usage_error(f"invalid taint spec: {text}, {LABEL_VALUE_WORDS}")
    if key.startswith("/"):
        raise call.usage_error(f"invalid taint spec: {text}, prefix part must be non-empty")
    if not _KEY.fullmatch(key):
        raise call.usage_error(f"invalid taint spec: {text}, {NAME_PART_WORDS}")
    return _Taint(key, value, effect)


def _change(call: KubectlCall, each: Target, wanted: Sequence[_Taint], gone: Sequence[_Taint]) -> None:
    old = list_at(each.object.body, "spec", "taints")
    is_overwriting = call.flags.is_on("overwrite")
    there = [new.key for new in wanted if any(new.fits(taint) for taint in old)]
    if there and not is_overwriting:
        names = ",".join(there)
        call.fail(f"node {each.name} already has {names} taint(s) with same effect(s) and --overwrite is false")
        return
    taints = [new.body() for new in wanted]
    taints += [taint for taint in old if not any(new.fits(taint) for new in wanted)]
    is_added = len(taints) != len(old)
    is_removed = False
    for off in gone:
        left = [taint for taint in taints if not off.fits(taint)]
        is_removed = len(left) != len(taints)
        if not is_removed:
            call.fail(f'taint "{off.text}" not found')
        taints = left
    if any(not any(off.fits(taint) for taint in old) for off in gone):
        return
    done = "modified" if (is_added and is_removed) or is_overwriting else "tainted" if is_added else "untainted"
    how = dry_run(call)
    patch = {"spec": {"taints": taints or None}}
    try:
        changed = call.api.patch("Node", each.name, "", patch, "merge", dry_run=how != "none")
    except StatusError as refusal:
        call.fail(refusal)
        return
    print_changed(call, each.kind, changed.body, done)
