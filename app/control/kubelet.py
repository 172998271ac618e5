"""The kubelets: each brings the Pods of its node to life, watches over their containers, reports, and ends them.

    bound Pod -> (lag) sandbox, containers -> probes -> Ready
    deletionTimestamp -> preStop, SIGTERM: sockets close -> sandbox removed -> gone from the API server

Source: Kubernetes pkg/kubelet (kubelet.go, pod_workers.go), pkg/kubelet/events.
"""

from __future__ import annotations

from functools import partial
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from app.control.ownership import is_deleted
from app.control.podending import heeds_sigterm, prestop_us
from app.control.podstate import is_terminal
from app.control.podstatus import StatusWriter
from app.control.podworker import Worker
from app.control.probes import SECOND_US, Probe, ProbeKind
from app.control.runtime import Runtime, machine_name
from app.core.errors import ManifestError, PodwalkError, raise_problems
from app.kube.bodies import list_at, mapping_at, value_at
from app.kube.objects import Key, Pod
from app.kube.store import Event
from app.kube.typed import API_MARK
from app.workloads.machine import Container, Machine

if TYPE_CHECKING:
    from app.control.cluster import LiveCluster

__all__ = ["Kubelet"]

COMPONENT = "kubelet"
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 10, 300
WATCH_US = 10_000
TEARDOWN_US = 300_000
"""From the end of the last process until the Pod is gone from the API server: unmount, CNI DEL, status."""


class Kubelet:
    """The kubelets of all nodes."""

    def __init__(self, live: LiveCluster) -> None:
        self.live = live
        self.runtime = Runtime(live)
        self.nodes = self.runtime.nodes
        self.workers: dict[Key, Worker] = {}

    @property
    def addresses(self) -> dict[Key, IPv4Address]:
        """What is reported as status.podIP, by Pod."""
        return {key: worker.address for key, worker in self.workers.items() if worker.address is not None}

    def bring_up(self) -> None:
        """Run every Pod that is on a node, in file order, as if it had been there for long.

        Problems (no address, port taken) are told at once, each at its Pod.
        """
        problems: list[PodwalkError] = []
        for pod in self.live.file.pods:
            if pod.node_name not in self.nodes:
                continue
            try:
                self._start(pod, self.workers.setdefault(pod.key, Worker(self.live.clock)))
            except PodwalkError as error:
                problems.append(error)
        raise_problems(problems)
        for pod in self.live.file.pods:
            self._report_at_start(pod)

    def watch(self) -> None:
        """From now on act on what happens to Pods."""
        self.live.store.watch(self._on_pod, "Pod")

    # --- events -------------------------------------------------------------------------------------------------------

    def _on_pod(self, event: Event) -> None:
        pod = event.object
        assert isinstance(pod, Pod)
        worker = self.workers.get(pod.key)
        if event.type == "DELETED":
            self._remove(pod)  # what is left of it when it was deleted by --force
        elif pod.node_name not in self.nodes or self.live.spec.controllers == "none":
            return
        elif is_deleted(pod):
            if worker is not None and not worker.is_ending:
                worker.is_ending = True
                worker.after(WATCH_US, lambda: self._end(pod.key))
        elif worker is None and not is_terminal(pod):
            worker = self.workers[pod.key] = Worker(self.live.clock)
            worker.after(WATCH_US, lambda: self._admit(pod.key))
        elif worker is not None and worker.machine is not None:
            worker.machine.pod = pod

    def _pod(self, key: Key) -> Pod | None:
        found = self.live.store.get(key.kind, key.name, key.namespace)
        return found if isinstance(found, Pod) else None

    # --- starting -----------------------------------------------------------------------------------------------------

    def _admit(self, key: Key) -> None:
        """Take note of a new Pod: it is Pending, its containers are being created."""
        pod = self._pod(key)
        worker = self.workers.get(key)
        if pod is None or worker is None or worker.is_ending:
            return
        self._report(key)
        worker.after(max(0, self.live.spec.lag.kubelet_us(pod.node_name) - WATCH_US), lambda: self._create(key))

    def _create(self, key: Key) -> None:
        """Make the sandbox and start the containers, or say why that cannot be."""
        pod, worker = self._pod(key), self.workers.get(key)
        if pod is None or worker is None or worker.is_ending:
            return
        try:
            self._start(pod, worker)
        except ManifestError as error:
            message = f"Failed to create pod sandbox: rpc error: code = Unknown desc = {error.message}"
            self._tell(pod, "Warning", "FailedCreatePodSandBox", message)
            worker.after(FIRST_BACKOFF_S * SECOND_US, lambda: self._create(key))
            return
        self._report(key)
        for container in worker.containers:
            self._tell_started(pod, container)

    def _tell_started(self, pod: Pod, container: Container) -> None:
        path = f"spec.containers{{{container.name}}}"
        self._tell(pod, "Normal", "Pulled", f'Container image "{container.image}" already present on machine', path)
        self._tell(pod, "Normal", "Created", f"Created container: {container.name}", path)
        self._tell(pod, "Normal", "Started", f"Started container {container.name}", path)

    def _start(self, pod: Pod, worker: Worker) -> None:
        """Make a Pod's sandbox and start its containers. ManifestError: no address, or a port is taken."""
        machine = self.runtime.run_sandbox(pod)
        worker.machine, worker.address = machine, self.runtime.address(pod, machine)
        for container in machine.containers.values():
            try:
                self._run(container, worker)
            except ValueError as error:
                port = str(error).rpartition("(")[2].rstrip(")")
                raise ManifestError(
                    f"Pod {pod.key}: {port} on {pod.node_name}: {error}",
                    hint="hostNetwork Pods of one node share its ports; change podwalk.dev/listens, or the node",
                    at=pod.mark,
                ) from None

    def _run(self, container: Container, worker: Worker) -> None:
        container.on_exit = lambda ended: self._exited(ended, worker)
        is_new = not any(container.spec.get(f"{kind}Probe") for kind in ("startup", "readiness"))
        container.is_ready, container.is_started = is_new, "startupProbe" not in container.spec
        self.runtime.start_container(container)
        kinds: tuple[ProbeKind, ...] = ("startup",) if "startupProbe" in container.spec else ("readiness", "liveness")
        self._watch_over(container, worker, kinds)

    def _watch_over(self, container: Container, worker: Worker, kinds: tuple[ProbeKind, ...]) -> None:
        assert worker.address is not None
        for kind in kinds:
            spec = container.spec.get(f"{kind}Probe")
            if isinstance(spec, dict):
                worker.watch(Probe(self.live, container, kind, spec, worker.address, self._probed))

    def _report_at_start(self, pod: Pod) -> None:
        """Give a Pod of the file the status that it has after a long time; one that came with a status keeps it."""
        worker = self.workers.get(pod.key)
        if worker is None or worker.machine is None or self.live.spec.controllers == "none":
            return
        has_status = pod.mark != API_MARK and bool(mapping_at(pod.body, "status"))
        for probe in worker.probes:
            if probe.kind != "liveness" and not has_status:
                probe.container.is_ready = probe.container.is_started = probe.once()[0]
        if not has_status or not mapping_at(pod.body, "status").get("phase"):
            self._report(pod.key)

    # --- watching over containers -------------------------------------------------------------------------------------

    def _probed(self, probe: Probe, went_well: bool, message: str, counts: bool) -> None:
        """Tell of a probe that failed; where the last ones `counts`, act on it."""
        container = probe.container
        pod = container.machine.pod
        assert pod is not None
        worker = self.workers.get(pod.key)
        if worker is None or worker.is_ending or container.state != "running":
            return
        if not went_well and self.live.spec.controllers == "all":
            title = probe.kind.capitalize()
            path = f"spec.containers{{{container.name}}}"
            self._tell(pod, "Warning", "Unhealthy", f"{title} probe failed: {message}", path)
        if not counts:
            return
        if probe.kind == "readiness":
            container.is_ready = went_well
        elif probe.kind == "startup" and went_well and not container.is_started:
            container.is_started = True
            container.is_ready = "readinessProbe" not in container.spec
            probe.stop()
            self._watch_over(container, worker, ("readiness", "liveness"))
        elif not went_well:
            message = f"Container {container.name} failed {probe.kind} probe, will be restarted"
            self._tell(pod, "Normal", "Killing", message, f"spec.containers{{{container.name}}}")
            container.exit(137)
        self._report(pod.key)

    def _exited(self, container: Container, worker: Worker) -> None:
        """A program has ended: run it again, later each time, where the Pod's restartPolicy says so."""
        pod = container.machine.pod
        assert pod is not None
        worker.stop_probes(container)
        policy = str(value_at(pod.body, "spec", "restartPolicy") or "Always")
        if not worker.is_ending and (policy == "Always" or (policy == "OnFailure" and container.exit_code)):
            delay_s = container.backoff_s
            container.backoff_s = min(max(FIRST_BACKOFF_S, delay_s * 2), LONGEST_BACKOFF_S)
            worker.after(SECOND_US, lambda: self._back_off(container, worker, delay_s))
        self._report(pod.key)

    def _back_off(self, container: Container, worker: Worker, delay_s: int) -> None:
        """Wait for the next run; the first comes at once."""
        pod = container.machine.pod
        if pod is None or worker.is_ending or container.state != "terminated":
            return
        writer = self._writer()
        container.last_ended = writer.ended(container)
        if delay_s:
            container.state = "waiting"
            message = f"Back-off restarting failed container {container.name} in pod {pod.name}"
            self._tell(pod, "Warning", "BackOff", message, f"spec.containers{{{container.name}}}")
            self._report(pod.key)
        worker.after(delay_s * SECOND_US, lambda: self._restart(container, worker))

    def _restart(self, container: Container, worker: Worker) -> None:
        pod = container.machine.pod
        if pod is None or worker.is_ending or container.state == "running":
            return
        container.restarts += 1
        container.files.texts.clear()
        container.previous_log = container.log.copy()
        container.log.clear()
        self._tell_started(pod, container)
        self._run(container, worker)
        self._report(pod.key)

    # --- ending -------------------------------------------------------------------------------------------------------

    def _end(self, key: Key) -> None:
        """Begin to end a Pod: the preStop hooks first, then SIGTERM."""
        pod, worker = self._pod(key), self.workers.get(key)
        if pod is None or worker is None:
            return
        worker.stop_probes()
        grace_us = int(value_at(pod.body, "metadata", "deletionGracePeriodSeconds") or 0) * SECOND_US
        for container in worker.containers:
            path = f"spec.containers{{{container.name}}}"
            self._tell(pod, "Normal", "Killing", f"Stopping container {container.name}", path)
        longest = 0
        for container in worker.containers:
            hook_us = min(prestop_us(container), grace_us)
            ends_us = hook_us if heeds_sigterm(container) else grace_us
            longest = max(longest, ends_us)
            worker.after(ends_us, partial(self._stop, container, key))
        worker.after(longest + TEARDOWN_US, lambda: self._finish(key))

    def _stop(self, container: Container, key: Key) -> None:
        if container.state == "running":
            self.runtime.stop_container(container, 0 if heeds_sigterm(container) else 137)
            self._report(key)

    def _finish(self, key: Key) -> None:
        """Remove what is left of a Pod, and the Pod from the API server."""
        pod = self._pod(key)
        if pod is not None:
            self._remove(pod)
            self.live.api.delete("Pod", key.name, key.namespace, grace_seconds=0)

    def _remove(self, pod: Pod) -> None:
        worker = self.workers.pop(pod.key, None)
        if worker is None:
            return
        worker.cancel()
        if worker.machine is not None:
            self.runtime.remove_sandbox(pod, worker.machine)

    # --- reporting ----------------------------------------------------------------------------------------------------

    def _writer(self) -> StatusWriter:
        return StatusWriter(self.live.spec.clock, self.live.clock.now_us, self.live.spec.version_numbers)

    def _report(self, key: Key) -> None:
        """Write a Pod's status, where it is another one than before."""
        pod, worker = self._pod(key), self.workers.get(key)
        if pod is None or worker is None or self.live.spec.controllers == "none":
            return
        containers = worker.containers
        if worker.machine is None:
            placeholder = Machine(machine_name(pod), self.live.network.namespaces[pod.node_name], pod.name, pod=pod)
            specs = list_at(pod.body, "spec", "containers")
            containers = [Container(placeholder, str(each["name"]), str(each["image"]), each) for each in specs]
        status = self._writer().status(pod, containers, worker.address, self.nodes[pod.node_name].ip)
        if status != value_at(pod.body, "status"):
            self.live.api.put_status(pod, status)

    def _tell(self, pod: Pod, type_: Any, reason: str, message: str, path: str = "") -> None:
        self.live.api.record_event(pod, type_, reason, message, COMPONENT, host=pod.node_name, field_path=path)
