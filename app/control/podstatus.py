"""What a kubelet reports of a Pod: `status` as the API server keeps it.

Source: Kubernetes pkg/kubelet/kubelet_pods.go (generateAPIPodStatus, getPhase), pkg/kubelet/status/generate.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address
from typing import Any

from app.control.conditions import condition, transition_time
from app.kube.bodies import time_text, value_at
from app.kube.objects import Pod
from app.kube.poddefaults import qos
from app.workloads.machine import Container

__all__ = ["StatusWriter", "pod_phase"]

Body = dict[str, Any]
SANDBOX_CONDITION_SINCE = (1, 29)
"""PodReadyToStartContainers is there (KEP-3085, beta)."""
HOST_IPS_SINCE = (1, 28)


def pod_phase(containers: Sequence[Container], policy: str) -> str:
    """Return the phase of a Pod with these containers and this restartPolicy."""
    ended = [each for each in containers if each.state == "terminated"]
    waiting = [each for each in containers if each.state == "waiting" and not each.restarts]
    if waiting:
        return "Pending"
    if len(ended) < len(containers) or policy == "Always":
        return "Running"
    has_failed = any(each.exit_code for each in ended)
    if has_failed:
        return "Failed" if policy == "Never" else "Running"
    return "Succeeded"


class StatusWriter:
    """Makes statuses at one moment: `start` is the model's time at clock 0, `now_us` the clock."""

    def __init__(self, start: datetime, now_us: int, version: tuple[int, int]) -> None:
        self.start = start
        self.now_us = now_us
        self.version = version

    def time(self, at_us: int) -> str:
        """Return a moment of the clock as a metav1.Time."""
        return time_text(self.start + timedelta(microseconds=at_us))

    def status(self, pod: Pod, containers: Sequence[Container], address: IPv4Address | None, host: IPv4Address) -> Body:
        """Return the status; `address` None: no sandbox yet. Times of conditions that have not changed stay."""
        policy = str(value_at(pod.body, "spec", "restartPolicy") or "Always")
        phase = pod_phase(containers, policy)
        ready = bool(containers) and all(each.state == "running" and each.is_ready for each in containers)
        why = "PodCompleted" if phase == "Succeeded" else "ContainersNotReady"
        unready = " ".join(each.name for each in containers if not (each.state == "running" and each.is_ready))
        message = "" if why == "PodCompleted" else f"containers with unready status: [{unready}]"
        missing = {} if ready else {"reason": why, **({"message": message} if message else {})}
        conditions = [
            {"type": "Initialized", "status": "True"},
            {"type": "Ready", "status": str(ready), **missing},
            {"type": "ContainersReady", "status": str(ready), **missing},
            {"type": "PodScheduled", "status": "True"},
        ]
        if self.version >= SANDBOX_CONDITION_SINCE:
            started = {"type": "PodReadyToStartContainers", "status": str(address is not None and phase != "Succeeded")}
            conditions.insert(0, started)
        body: Body = {
            "conditions": [self._timed(each, pod) for each in conditions],
            "containerStatuses": [self._container(each) for each in containers],
            "hostIP": str(host),
            "phase": phase,
            "qosClass": qos(pod.body),
            "startTime": value_at(pod.body, "status", "startTime") or self.time(self.now_us),
        }
        if self.version >= HOST_IPS_SINCE:
            body["hostIPs"] = [{"ip": str(host)}]
        if address is not None:
            body |= {"podIP": str(address), "podIPs": [{"ip": str(address)}]}
        return body

    def _timed(self, new: Mapping[str, str], pod: Pod) -> Body:
        since = transition_time(condition(pod, new["type"]), new, self.start + timedelta(microseconds=self.now_us))
        return {"lastProbeTime": None, "lastTransitionTime": since, **new}

    def _container(self, container: Container) -> Body:
        state: Body
        if container.state == "running":
            state = {"running": {"startedAt": self.time(container.started_us)}}
        elif container.state == "terminated":
            state = {"terminated": self.ended(container)}
        elif container.restarts:
            message = f"back-off {container.backoff_s}s restarting failed container={container.name}"
            state = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
        else:
            state = {"waiting": {"reason": "ContainerCreating"}}
        return {
            "image": container.image,
            "imageID": "",
            "lastState": {"terminated": container.last_ended} if container.last_ended else {},
            "name": container.name,
            "ready": container.state == "running" and container.is_ready,
            "restartCount": container.restarts,
            "started": container.state == "running" and container.is_started,
            "state": state,
        }

    def ended(self, container: Container) -> Body:
        """Return how a container's program ended."""
        return {
            "exitCode": container.exit_code or 0,
            "reason": "Error" if container.exit_code else "Completed",
            "startedAt": self.time(container.started_us),
            "finishedAt": self.time(container.finished_us),
        }
