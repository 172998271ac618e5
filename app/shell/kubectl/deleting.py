"""Deleting: what `delete`, `replace --force`, `run --rm` and `drain` ask for, and the wait until it is gone.

Source: kubectl pkg/cmd/delete/delete.go, pkg/cmd/wait/delete.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from app.kube.bodies import value_at
from app.kube.scheme import Kind
from app.kube.status import StatusError
from app.shell.kubectl.call import KubectlCall
from app.shell.kubectl.changing import LONGEST_SECONDS, SUFFIX, DryRun, wait_until
from app.shell.kubectl.errors import error

__all__ = ["Deletion", "Doomed", "Propagation", "cascade", "delete_one", "deletion", "wait_gone"]

Propagation = Literal["Background", "Foreground", "Orphan"]
FORCED = (
    "Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may "
    "continue to run on the cluster indefinitely."
)


@dataclass(frozen=True, slots=True)
class Deletion:
    """How to delete: `grace_seconds` -1 leaves it to the object, `is_forced` prints `force deleted`."""

    propagation: Propagation = "Background"
    grace_seconds: int = -1
    is_forced: bool = False


@dataclass(frozen=True, slots=True)
class Doomed:
    """An object to delete; `source` is the file that named it."""

    kind: Kind
    name: str
    namespace: str
    source: str = ""


def cascade(call: KubectlCall) -> Propagation:
    """Return what --cascade says."""
    text = call.flags.text("cascade")
    words: dict[str, Propagation] = {
        "background": "Background",
        "true": "Background",
        "foreground": "Foreground",
        "orphan": "Orphan",
        "false": "Orphan",
    }
    if text not in words:
        raise error(f'invalid cascade value ({text}). Must be "background", "foreground", or "orphan"')
    return words[text]


def deletion(call: KubectlCall) -> Deletion:
    """Return what --cascade, --grace-period, --now and --force say together, with kubectl's refusals and warning.

    kubectl asks for one second where --grace-period=0 comes without --force.
    """
    flags = call.flags
    grace, is_forced = flags.number("grace-period"), flags.is_on("force")
    propagation = cascade(call)
    if "now" in flags.known and flags.is_on("now"):
        if grace != -1:
            raise error("--now and --grace-period cannot be specified together")
        grace = 1
    if grace == 0 and not is_forced:
        grace = 1
    if is_forced and grace < 0:
        grace = 0
    if is_forced and grace > 0:
        raise error("--force and --grace-period greater than 0 cannot be specified together")
    if is_forced:
        call.warn(FORCED)
    return Deletion(propagation, grace, is_forced and grace == 0)


def delete_one(
    call: KubectlCall, doomed: Doomed, how: Deletion, dry: DryRun = "none", *, is_quiet: bool = False
) -> str:
    """Ask for a deletion and say so; return the uid of what is going. StatusError: it is not there."""
    before = call.api.get(doomed.kind.kind, doomed.name, doomed.namespace)
    if dry != "client":
        call.api.delete(
            doomed.kind.kind,
            doomed.name,
            doomed.namespace,
            propagation=how.propagation,
            grace_seconds=None if how.grace_seconds < 0 else how.grace_seconds,
            dry_run=dry == "server",
        )
    if not is_quiet:
        say_deleted(call, doomed, how, dry)
    return str(value_at(before.body, "metadata", "uid") or "")


def say_deleted(call: KubectlCall, doomed: Doomed, how: Deletion, dry: DryRun) -> None:
    """Print `pod "x" deleted`."""
    name = doomed.kind.qualified_kind.lower()
    if "output" in call.flags.known and call.flags.text("output") == "name":
        call.say(f"{name}/{doomed.name}")
        return
    done = "force deleted" if how.is_forced else "deleted"
    call.say(f'{name} "{doomed.name}" {done}{SUFFIX[dry]}')


def is_gone(call: KubectlCall, doomed: Doomed, uid: str) -> bool:
    """Say whether the object is no more: not there, or another one has its name."""
    found = call.api.find(doomed.kind.kind, doomed.name, doomed.namespace)
    return found is None or (bool(uid) and value_at(found.body, "metadata", "uid") != uid)


def wait_gone(call: KubectlCall, going: Sequence[tuple[Doomed, str]], seconds: float) -> None:
    """Wait in virtual time until all are gone; `seconds` 0 waits for ever. Notes what is still there."""
    for doomed, uid in going:
        is_met = wait_until(call, partial(is_gone, call, doomed, uid), seconds or LONGEST_SECONDS)
        if not is_met:
            call.fail(f"timed out waiting for the condition on {doomed.kind.plural}/{doomed.name}")


def delete_all(
    call: KubectlCall, doomed: Sequence[Doomed], how: Deletion, dry: DryRun, *, is_lenient: bool
) -> list[tuple[Doomed, str]]:
    """Delete one after the other; return those that are going. `is_lenient` passes over what is not there."""
    going = []
    for each in doomed:
        try:
            going.append((each, delete_one(call, each, how, dry)))
        except StatusError as refusal:
            if refusal.reason == "NotFound" and is_lenient:
                continue
            call.fail(refusal, f'error when deleting "{each.source}"' if each.source else "")
    return going
