"""`kubectl logs`. Source: k8s.io/kubectl pkg/cmd/logs/logs.go, pkg/polymorphichelpers/logsforobject.go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from app.kube.bodies import list_at, mapping_at
from app.kube.objects import Object
from app.kube.scheme import kind_named
from app.kube.selectors import Selector
from app.kube.status import StatusError, bad_request
from app.kube.tables.age import nanoseconds
from app.kube.tables.podstatus import pod_status
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.errors import error
from app.shell.kubectl.podfinding import DEFAULT_CONTAINER, machine_of
from app.shell.kubectl.resources import Request, label_selector, requests
from app.shell.result import CommandResult
from app.workloads.machine import LogLine

__all__ = ["logs"]

USAGE = (
    "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\n"
    "POD or TYPE/NAME is a required argument for the logs command"
)
SELECTED_TAIL = 10
"""So many lines of each container are shown with -l, unless --tail says otherwise."""


@VERBS.register("logs")
def logs(call: KubectlCall) -> CommandResult:
    """Print what the containers of a Pod have written."""
    flags = call.flags
    has_selector = bool(flags.text("selector"))
    if has_selector and call.args:
        raise call.usage_error("only a selector (-l) or a POD name is allowed")
    if len(call.args) > 2 or not (call.args or has_selector):
        raise call.usage_error(USAGE)
    container = call.args[1] if len(call.args) == 2 else flags.text("container")
    pods = _pods(call)
    if flags.is_given("since") and flags.is_given("since-time"):
        raise error("at most one of `sinceTime` or `sinceSeconds` may be specified")
    for pod in pods:
        for name in _containers(call, pod, container):
            for line in _lines(call, pod, name):
                call.say(f"[pod/{pod.name}/{name}] {line}" if flags.is_on("prefix") else line)
    return call.done()


def _pods(call: KubectlCall) -> list[Object]:
    """Return the Pods that are meant: the one named, those selected, or one of a workload."""
    if call.flags.text("selector"):
        found = list(call.api.list("Pod", call.namespace, label_selector(call, kind_named("Pod"))))
        if not found:
            call.note(f"No resources found in {call.namespace} namespace.")
        return found
    word = call.args[0]
    request = requests(call, [word])[0] if "/" in word else Request(call.kind("pods"), word)
    try:
        owner = call.api.get(request.kind.kind, request.name, call.namespace)
    except StatusError as refusal:
        raise error(
            f'error from server ({refusal.reason}): {refusal.message} in namespace "{call.namespace}"'
        ) from None
    if owner.kind == "Pod":
        return [owner]
    return [_first_pod(call, owner)]


def _first_pod(call: KubectlCall, owner: Object) -> Object:
    selector = mapping_at(owner.body, "spec", "selector")
    if not selector:
        raise error(f"cannot get the logs from *v1.{owner.kind}: selector for *v1.{owner.kind} not implemented")
    wanted = Selector.equal(selector) if owner.kind == "Service" else Selector.of(selector)
    found = call.api.list("Pod", owner.namespace, wanted)
    if not found:
        raise error("timed out waiting for the condition")
    running = [pod for pod in found if mapping_at(pod.body, "status").get("phase") == "Running"]
    first = next(iter(running), found[0])
    if len(found) > 1:
        call.note(f"Found {len(found)} pods, using pod/{first.name}")
    return first


def _containers(call: KubectlCall, pod: Object, wanted: str) -> Sequence[str]:
    inits = [str(c.get("name")) for c in list_at(pod.body, "spec", "initContainers")]
    names = [str(c.get("name")) for c in list_at(pod.body, "spec", "containers")]
    if call.flags.is_on("all-containers"):
        return [*inits, *names]
    if wanted:
        if wanted not in (*inits, *names):
            raise error(f"container {wanted} is not valid for pod {pod.name}")
        return [wanted]
    default = pod.metadata.annotations.get(DEFAULT_CONTAINER, "")
    if default in names:
        return [default]
    if len(names) + len(inits) > 1:
        every = ", ".join([*names, *(f"{name} (init)" for name in inits)])
        call.note(f'Defaulted container "{names[0]}" out of: {every}')
    return names[:1]


def _lines(call: KubectlCall, pod: Object, name: str) -> Iterator[str]:
    flags = call.flags
    machine = machine_of(call, pod)
    found = machine.containers.get(name) if machine else None
    if flags.is_on("previous"):
        if found is None or not found.last_ended:
            raise bad_request(f'previous terminated container "{name}" in pod "{pod.name}" not found')
        # A container that waits for its next run: the last run is the one before.
        last = found.log if found.state == "waiting" else found.previous_log
        yield from (_text(call, line) for line in _chosen(call, last))
        return
    if found is None or (found.state == "waiting" and not found.log):
        reason = pod_status(pod.body).reason
        waits = reason if reason not in ("Pending", "Running") else "ContainerCreating"
        if not mapping_at(pod.body, "spec").get("nodeName"):
            return
        raise bad_request(f'container "{name}" in pod "{pod.name}" is waiting to start: {waits}')
    yield from (_text(call, line) for line in _chosen(call, found.log))


def _chosen(call: KubectlCall, lines: Sequence[LogLine]) -> Sequence[LogLine]:
    flags = call.flags
    start = nanoseconds(call.live.spec.clock) or 0
    earliest = None
    if flags.seconds("since"):
        earliest = (nanoseconds(call.now) or 0) - int(flags.seconds("since") * 1e9)
    if flags.text("since-time"):
        earliest = nanoseconds(flags.text("since-time"))
        if earliest is None:
            raise error(f'parsing time "{flags.text("since-time")}" as "2006-01-02T15:04:05Z07:00": cannot parse')
    if earliest is not None:
        lines = [line for line in lines if start + line.at_us * 1000 >= earliest]
    tail = flags.number("tail")
    if tail < 0 and flags.text("selector"):
        tail = SELECTED_TAIL
    return lines[len(lines) - min(tail, len(lines)) :] if tail >= 0 else lines


def _text(call: KubectlCall, line: LogLine) -> str:
    if not call.flags.is_on("timestamps"):
        return line.text
    moment = call.live.spec.clock + timedelta(microseconds=line.at_us)
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}000Z {line.text}"
