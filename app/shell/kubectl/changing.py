"""What the verbs that change objects share: --dry-run, what they print about an object, and waiting in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from app.kube.bodies import value_at
from app.kube.scheme import Kind
from app.shell.kubectl.call import KubectlCall
from app.shell.kubectl.errors import error
from app.shell.kubectl.output.printer import Format, format_of, print_object
from app.shell.kubectl.resources import object_text

__all__ = [
    "CHANGE_CAUSE",
    "NOTHING",
    "SUFFIX",
    "DryRun",
    "dry_run",
    "name_of",
    "print_changed",
    "require",
    "validation",
    "wait_until",
]

DryRun = Literal["none", "client", "server"]
CHANGE_CAUSE = "kubernetes.io/change-cause"
"""The annotation that `rollout history` shows; `annotate` may always overwrite it."""
NOTHING = """You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'"""
#: A real kubectl waits for ever; here the limit of a line ends it sooner (terminal.virtual_seconds).
LONGEST_SECONDS = 7_200
SUFFIX = {"none": "", "client": " (dry run)", "server": " (server dry run)"}


def dry_run(call: KubectlCall) -> DryRun:
    """Return what --dry-run says. Source: kubectl pkg/cmd/util/helpers.go, GetDryRunStrategy()."""
    if "dry-run" not in call.flags.known:
        return "none"
    text = call.flags.text("dry-run")
    if text == "unchanged":
        stamp = f"{call.now:%m%d %H:%M:%S.%f}"
        call.note(
            f"W{stamp}       1 helpers.go:702] --dry-run is deprecated and can be replaced with --dry-run=client."
        )
        return "client"
    if text == "none":
        return "none"
    if text == "client":
        return "client"
    if text == "server":
        return "server"
    raise error(f'Invalid dry-run value ({text}). Must be "none", "server", or "client".')


def validation(call: KubectlCall) -> str:
    """Return what --validate asks the server for: Strict, Warn or Ignore."""
    text = call.flags.text("validate") if "validate" in call.flags.known else "strict"
    words = {"strict": "Strict", "true": "Strict", "warn": "Warn", "ignore": "Ignore", "false": "Ignore"}
    if text not in words:
        raise error(f'invalid - validate option "{text}"; must be one of: strict (or true), warn, ignore (or false)')
    return words[text]


def require(call: KubectlCall, *names: str) -> None:
    """Refuse a line that lacks a flag which has no default. Source: cobra, ValidateRequiredFlags()."""
    missing = [f'"{name}"' for name in names if not call.flags.is_given(name)]
    if missing:
        raise error(f"required flag(s) {', '.join(missing)} not set")


def print_changed(
    call: KubectlCall,
    kind: Kind,
    body: Mapping[str, Any],
    operation: str,
    how: DryRun = "none",
    *,
    is_typed: bool = False,
) -> None:
    """Print `deployment.apps/web created`, or with -o the object; a second YAML document is told apart by `---`."""
    if how == "none" and "record" in call.flags.known and call.flags.is_on("record"):
        body = _record(call, kind, body)
    form = format_of(call) if "output" in call.flags.known else Format()
    if not form.name:
        call.say(f"{object_text(kind, name_of(body))} {operation}{SUFFIX[how]}")
        return
    if form.name == "yaml" and call.out:
        call.write("---\n")
    call.write(print_object(form, body, is_typed=is_typed))


def _record(call: KubectlCall, kind: Kind, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write the command into the object: --record. Source: cli-runtime, record_flags.go, parseCommandArguments()."""
    given = sorted((name, text) for name, texts in call.flags.given.items() for text in texts)
    words = ["kubectl", *call.command.words, *call.args, *(f"--{name}={text}" for name, text in given)]
    patch = {"metadata": {"annotations": {CHANGE_CAUSE: " ".join(words)}}}
    namespace = str(value_at(body, "metadata", "namespace") or "")
    return call.api.patch(kind.kind, name_of(body), namespace, patch, "merge").body


def name_of(body: Mapping[str, Any]) -> str:
    """Return `metadata.name`; `<unknown>` without one, as kubectl says it."""
    return str(value_at(body, "metadata", "name") or "<unknown>")


def wait_until(call: KubectlCall, is_met: Callable[[], bool], seconds: float = LONGEST_SECONDS) -> bool:
    """Let virtual time pass until something is so, at most so long; say whether it is.

    Raises LimitReachedError where that takes longer than a line may.
    """
    clock, budget = call.live.clock, call.terminal.budget
    end_us = clock.now_us + round(min(seconds, LONGEST_SECONDS) * 1_000_000)
    while not is_met():
        due_us = clock.next_due_us()
        is_late = due_us is None or due_us > end_us
        if is_late:
            clock.run_until(end_us)
        else:
            clock.run_next()
        if budget is not None:
            budget.check_time(clock.now_us)
        if is_late:
            return is_met()
    return True
