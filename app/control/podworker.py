"""What a kubelet keeps of one Pod while it is on its node: its machine, its probes, what is still to happen.

Source: Kubernetes pkg/kubelet/pod_workers.go, pkg/kubelet/prober.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from app.control.probes import Probe
from app.core.clock import Clock, Timer
from app.workloads.machine import Container, Machine

__all__ = ["Worker"]


@dataclass
class Worker:
    """One Pod. `machine` and `address` are None until it has a sandbox."""

    clock: Clock
    machine: Machine | None = None
    address: IPv4Address | None = None
    is_ending: bool = False
    _probes: list[Probe] = field(default_factory=list)
    _timers: list[Timer] = field(default_factory=list)

    @property
    def containers(self) -> list[Container]:
        """The containers of the sandbox; none before there is one."""
        return list(self.machine.containers.values()) if self.machine else []

    @property
    def probes(self) -> tuple[Probe, ...]:
        """The probes that are at work."""
        return tuple(self._probes)

    def after(self, delay_us: int, do: Callable[[], None]) -> None:
        """Do something later, unless the Pod is gone by then."""
        self._timers = [each for each in self._timers if each.action is not None]
        self._timers.append(self.clock.after(delay_us, do, lasting=True))

    def watch(self, probe: Probe) -> None:
        """Let a probe begin."""
        self._probes.append(probe)
        probe.start()

    def stop_probes(self, container: Container | None = None) -> None:
        """End the probes of one container, or all."""
        for probe in self.probes:
            if container is None or probe.container is container:
                probe.stop()
                self._probes.remove(probe)

    def cancel(self) -> None:
        """Let nothing more happen."""
        for timer in self._timers:
            timer.cancel()
        self.stop_probes()
