"""Attaching to a container: what `run -i`, `run -it --rm` and `attach` do.

The model runs what a terminal can run in the terminal: a container that was started with its input open (`stdin`) holds
its shell, or its client command, until somebody attaches. Source: kubectl pkg/cmd/attach/attach.go, pkg/cmd/run/run.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from app.control import podstate
from app.kube.bodies import value_at
from app.kube.objects import Pod
from app.kube.status import StatusError
from app.shell.kubectl.call import KubectlCall
from app.shell.kubectl.changing import wait_until
from app.shell.kubectl.deleting import Deletion, Doomed, delete_one
from app.shell.kubectl.podfinding import machine_of
from app.shell.kubectl.running import run_in
from app.shell.result import CommandError, CommandResult
from app.shell.terminal import Terminal
from app.workloads.machine import Container

__all__ = ["attach", "attach_and_wait", "is_held"]

#: A program that ended is reported by its kubelet within this.
SOON_SECONDS = 30

PROMPT = "If you don't see a command prompt, try pressing enter."


def is_held(container: Container) -> bool:
    """Say whether a container's program is one that waits for the terminal that attaches."""
    return getattr(container.program, "is_held", False) and container.state == "running"


def attach(call: KubectlCall, inner: Terminal, *, has_stdin: bool) -> CommandResult:
    """Attach to the container of `inner`; return what is seen. An opened shell takes the session's next lines."""
    container = inner.container
    assert container is not None
    if not call.flags.is_on("quiet"):
        call.note(PROMPT)
    if not is_held(container):
        return CommandResult(0, "".join(f"{line.text}\n" for line in container.log), "")
    words = list(container.command) or ["sh"]
    result = run_in(inner, words, has_stdin=has_stdin)
    if not inner.is_open:
        inner.last_code = result.exit_code
        for line in (result.stdout + result.stderr).splitlines():
            container.say(line)
    return result


def attach_and_wait(call: KubectlCall, pod: Pod, name: str, doomed: Sequence[Doomed]) -> CommandResult:
    """Do what `kubectl run -i` does after it has made the Pod: wait, attach, take the exit code, delete with --rm."""
    seconds = call.flags.seconds("pod-running-timeout")
    if not wait_until(call, lambda: is_ready(call, pod) or has_ended(call, pod), seconds):
        call.fail("timed out waiting for the condition")
        _remove(call, doomed)
        return call.done()
    machine = machine_of(call, pod)
    if machine is None or name not in machine.containers:
        return _ended(call, pod, None, doomed)
    inner = call.terminal.nested(machine, machine.containers[name])
    inner.on_exit = lambda: _ended(replace(call, out=[], err=[], failures=[]), pod, inner, doomed)
    try:
        result = attach(call, inner, has_stdin=call.flags.is_on("stdin"))
    except CommandError as stop:
        inner.last_code = stop.exit_code
        result = CommandResult(stop.exit_code, stop.stdout, stop.stderr)
    call.write(result.stdout)
    call.err.append(result.stderr)
    if inner.is_open:
        return call.done()
    last = inner.finish()
    return CommandResult(last.exit_code, "".join(call.out) + last.stdout, call.stderr + last.stderr)


def _ended(call: KubectlCall, pod: Pod, inner: Terminal | None, doomed: Sequence[Doomed]) -> CommandResult:
    """End the program as its shell did; say how the Pod ended; delete with --rm."""
    code, container = 0, inner.container if inner is not None else None
    if inner is not None and container is not None and is_held(container):
        code = inner.last_code
        container.exit(code)
    elif container is not None and container.state == "running":
        call.note("podwalk: the program runs on; here Ctrl-C would have ended the attachment")
        _remove(call, doomed)
        return CommandResult(0, "".join(call.out), call.stderr)
    policy = value_at(pod.body, "spec", "restartPolicy")
    if policy == "Always":
        code = 0
        if call.flags.is_on("tty") and container is not None:
            words = f"kubectl attach {pod.name} -c {container.name} -i -t"
            call.say(f"Session ended, resume using '{words}' command when the pod is running")
    elif wait_until(call, lambda: has_ended(call, pod), SOON_SECONDS):
        code = code or _exit_code(call, pod)
        if code:
            call.note(f"pod {pod.namespace}/{pod.name} terminated (Error)")
    _remove(call, doomed)
    return CommandResult(code, "".join(call.out), call.stderr)


def _exit_code(call: KubectlCall, pod: Pod) -> int:
    found = call.api.find("Pod", pod.name, pod.namespace)
    state = value_at(found.body if found else {}, "status", "containerStatuses", 0, "state")
    return int(value_at(state, "terminated", "exitCode") or 0)


def _remove(call: KubectlCall, doomed: Sequence[Doomed]) -> None:
    """Delete what --rm is about, without waiting."""
    for each in doomed:
        with suppress(StatusError):
            delete_one(call, each, Deletion(), is_quiet=call.flags.is_on("quiet"))


def is_ready(call: KubectlCall, pod: Pod) -> bool:
    """Say whether a Pod is Running and Ready."""
    found = call.api.find("Pod", pod.name, pod.namespace)
    return found is not None and podstate.is_ready(found)


def has_ended(call: KubectlCall, pod: Pod) -> bool:
    """Say whether a Pod has run to its end, or is gone."""
    found = call.api.find("Pod", pod.name, pod.namespace)
    return found is None or podstate.is_terminal(found)
