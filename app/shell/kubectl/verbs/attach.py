"""`kubectl attach`. Source: kubectl pkg/cmd/attach/attach.go."""

from __future__ import annotations

from app.kube.bodies import value_at
from app.shell.kubectl.attaching import attach as attach_to
from app.shell.kubectl.attaching import is_held
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.errors import error
from app.shell.kubectl.podfinding import container_name, find_pod, running_container
from app.shell.result import CommandResult
from app.shell.terminal import Terminal

__all__ = ["attach"]


@VERBS.register("attach")
def attach(call: KubectlCall) -> CommandResult:
    """Attach to a running container."""
    if not call.args:
        raise error("at least 1 argument is required for attach")
    if len(call.args) > 2:
        count, words = len(call.args), " ".join(call.args)
        raise error(f"expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw {count}: [{words}]")
    pod = find_pod(call, list(call.args))
    phase = value_at(pod.body, "status", "phase")
    if phase in ("Succeeded", "Failed"):
        raise error(f"cannot attach a container in a completed pod; current phase is {phase}")
    wanted = call.flags.text("container")
    if wanted and not any(each.name == wanted for each in pod.containers):
        raise error(f"cannot attach to the container: container {wanted} not found in pod {pod.name}")
    name = container_name(call, pod, wanted, is_quiet=call.flags.is_on("quiet"))
    machine, container = running_container(call, pod, name)
    inner = call.terminal.nested(machine, container)
    inner.on_exit = lambda: _ended(inner)
    result = attach_to(call, inner, has_stdin=call.flags.is_on("stdin"))
    call.write(result.stdout)
    call.err.append(result.stderr)
    if not inner.is_open and call.flags.is_on("stdin"):
        inner.finish()
    return CommandResult(result.exit_code, "".join(call.out), call.stderr)


def _ended(inner: Terminal) -> CommandResult:
    """The shell that was attached to has ended, and with it the container's program."""
    if inner.container is not None and is_held(inner.container):
        inner.container.exit(inner.last_code)
    return CommandResult(0, "", "")
