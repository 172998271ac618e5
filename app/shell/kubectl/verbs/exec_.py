"""`kubectl exec`: a command, or a shell, in a container. Source: kubectl pkg/cmd/exec/exec.go."""

from __future__ import annotations

from app.kube.bodies import value_at
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.errors import error
from app.shell.kubectl.podfinding import container_name, find_pod, running_container
from app.shell.kubectl.running import run_in
from app.shell.result import CommandResult, not_modelled

__all__ = ["execute"]


@VERBS.register("exec")
def execute(call: KubectlCall) -> CommandResult:
    """Execute a command in a container."""
    flags = call.flags
    if flags.texts("filename"):
        raise not_modelled("kubectl exec -f", "name the Pod")
    if call.dash is None and len(call.args) > 1:
        raise call.usage_error("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead")
    count = len(call.args) if call.dash is None else call.dash
    words = list(call.args[count:])
    if count == 0:
        raise error("pod, type/name or --filename must be specified")
    if not words:
        raise error("you must specify at least one command for the container")
    pod = find_pod(call, list(call.args[:1]))
    phase = value_at(pod.body, "status", "phase")
    if phase in ("Succeeded", "Failed"):
        raise error(f"cannot exec into a container in a completed pod; current phase is {phase}")
    name = container_name(call, pod, flags.text("container"), is_quiet=flags.is_on("quiet"))
    machine, container = running_container(call, pod, name)
    is_interactive = flags.is_on("stdin")
    if flags.is_on("tty") and (call.terminal.is_piped or not is_interactive):
        call.note("Unable to use a TTY - input is not a terminal or the right kind of file")
    inner = call.terminal.nested(machine, container)
    result = run_in(inner, words, has_stdin=is_interactive)
    return _answer(call, result)


def _answer(call: KubectlCall, result: CommandResult) -> CommandResult:
    """Return what the command printed, with kubectl's line about its exit code."""
    call.write(result.stdout)
    call.err.append(result.stderr)
    if result.exit_code:
        call.note(f"command terminated with exit code {result.exit_code}")
    return CommandResult(result.exit_code, "".join(call.out), call.stderr)
