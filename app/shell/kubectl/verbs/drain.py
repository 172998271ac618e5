"""`kubectl drain`: cordon a node and evict its Pods. Source: kubectl pkg/cmd/drain/drain.go, pkg/drain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from app.control.ownership import controller_of
from app.control.podstate import is_terminal
from app.core.errors import UsageError
from app.kube.bodies import list_at, mapping_at, value_at
from app.kube.fieldselectors import FieldSelector
from app.kube.objects import Object
from app.kube.scheme import kind_named
from app.kube.selectors import Selector
from app.kube.status import StatusError
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import LONGEST_SECONDS, SUFFIX, dry_run, print_changed, wait_until
from app.shell.kubectl.deleting import Doomed, is_gone
from app.shell.kubectl.errors import error
from app.shell.kubectl.verbs.cordon import mark, nodes
from app.shell.result import CommandResult

__all__ = ["drain"]

_MIRROR = "kubernetes.io/config.mirror"


@dataclass(frozen=True, slots=True)
class _Fate:
    """What becomes of a Pod: evicted or left, with a warning or the reason why the node cannot be drained."""

    is_evicted: bool
    warning: str = ""
    reason: str = ""


@VERBS.register("drain")
def drain(call: KubectlCall) -> CommandResult:
    """Drain node in preparation for maintenance."""
    found = nodes(call)
    for each in found:
        mark(call, each, is_wanted=True)
    pending, problems = [], []
    for each in found:
        problem = _empty(call, each.name)
        if problem is None:
            print_changed(call, each.kind, each.object.body, "drained", dry_run(call))
            continue
        call.note(
            f'error: unable to drain node "{each.name}" due to error: {_aggregate(problem)}, continuing command...'
        )
        pending.append(each.name)
        problems += problem
    if pending:
        call.note("There are pending nodes to be drained:")
        for name in pending:
            call.note(f" {name}")
    for text in problems:
        call.fail(text)
    return call.done()


def _aggregate(problems: list[str]) -> str:
    return problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"


def _empty(call: KubectlCall, node: str) -> list[str] | None:
    """Evict what is on a node; return why it cannot be done, or None when it is done."""
    fates = [(pod, _fate(call, pod)) for pod in _pods(call, node)]
    problems = [
        f"cannot delete {reason}: {pods}" for reason, pods in _grouped((fate.reason, pod) for pod, fate in fates)
    ]
    if problems:
        return problems
    warnings = _grouped((fate.warning, pod) for pod, fate in fates)
    if warnings:
        call.warn("; ".join(f"{warning}: {pods}" for warning, pods in warnings))
    evicted = [pod for pod, fate in fates if fate.is_evicted]
    how = dry_run(call)
    for pod in evicted:
        call.say(f"evicting pod {pod.namespace}/{pod.name}{SUFFIX[how]}")
    return _evict(call, evicted) if how == "none" else None


def _grouped(texts: Iterable[tuple[str, Object]]) -> list[tuple[str, str]]:
    """Return each text that is not empty with its Pods."""
    groups: dict[str, list[str]] = {}
    for text, pod in texts:
        if text:
            groups.setdefault(text, []).append(f"{pod.namespace}/{pod.name}")
    return [(text, ", ".join(pods)) for text, pods in groups.items()]


def _pods(call: KubectlCall, node: str) -> list[Object]:
    text = call.flags.text("pod-selector")
    try:
        selector = Selector.parse(text) if text else None
    except UsageError:
        raise error("--pod-selector=<pod_selector> must be a valid label selector") from None
    return list(call.api.list("Pod", None, selector, FieldSelector.parse(f"spec.nodeName={node}")))


def _fate(call: KubectlCall, pod: Object) -> _Fate:
    """Return what becomes of a Pod, as kubectl's filters have it; the warning about local data is lost there too."""
    flags, body = call.flags, pod.body
    owner = controller_of(pod)
    has_ended = is_terminal(pod)
    if owner is not None and owner.get("kind") == "DaemonSet" and not has_ended:
        return _daemon_fate(call, pod, owner)
    if _MIRROR in mapping_at(body, "metadata", "annotations"):
        return _Fate(is_evicted=False)
    has_local_data = any("emptyDir" in volume for volume in list_at(body, "spec", "volumes")) and not has_ended
    if has_local_data and not flags.is_on("delete-emptydir-data"):
        return _Fate(is_evicted=False, reason="Pods with local storage (use --delete-emptydir-data to override)")
    if has_ended or owner is not None:
        return _Fate(is_evicted=True)
    if not flags.is_on("force"):
        return _Fate(is_evicted=False, reason="Pods that declare no controller (use --force to override)")
    return _Fate(is_evicted=True, warning="deleting Pods that declare no controller")


def _daemon_fate(call: KubectlCall, pod: Object, owner: Mapping[str, Any]) -> _Fate:
    try:
        call.api.get("DaemonSet", str(owner.get("name")), pod.namespace)
    except StatusError as refusal:
        if refusal.reason == "NotFound" and call.flags.is_on("force"):
            return _Fate(is_evicted=True, warning=refusal.message)
        return _Fate(is_evicted=False, reason=refusal.message)
    if not call.flags.is_on("ignore-daemonsets"):
        return _Fate(is_evicted=False, reason="DaemonSet-managed Pods (use --ignore-daemonsets to ignore)")
    return _Fate(is_evicted=False, warning="ignoring DaemonSet-managed Pods")


def _evict(call: KubectlCall, pods: list[Object]) -> list[str] | None:
    """Ask all Pods to go, then wait until they are gone, in virtual time."""
    grace = call.flags.number("grace-period")
    seconds = call.flags.seconds("timeout")
    for pod in pods:
        call.api.delete("Pod", pod.name, pod.namespace, grace_seconds=grace if grace >= 0 else None)
    left = []
    for pod in pods:
        doomed = Doomed(kind_named("Pod"), pod.name, pod.namespace)
        uid = str(value_at(pod.body, "metadata", "uid") or "")
        if wait_until(call, partial(is_gone, call, doomed, uid), seconds or LONGEST_SECONDS):
            call.say(f"pod/{pod.name} evicted")
        else:
            left.append(
                f'error when waiting for pod "{pod.name}" in namespace "{pod.namespace}" to terminate: global timeout '
                f"reached: {seconds:g}s"
            )
    return left or None
