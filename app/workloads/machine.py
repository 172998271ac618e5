"""Where programs run: a Pod with its containers, or a host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from app.core.clock import Clock
from app.core.rng import Rng
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.dataplane.sockets import Listener
from app.kube.clusterspec import ClusterSpec
from app.kube.objects import Pod
from app.kube.store import Store
from app.workloads.files import Files

__all__ = ["Container", "LogLine", "Machine", "World"]

State = Literal["waiting", "running", "terminated"]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a container's output."""

    at_us: int
    text: str
    stream: Literal["stdout", "stderr"] = "stdout"


@dataclass
class World:
    """What programs share: objects, time, the network, and all machines by name (node/..., pod/NS/NAME, ext/...)."""

    spec: ClusterSpec
    store: Store
    clock: Clock
    network: Network
    rng: Rng
    machines: dict[str, Machine] = field(default_factory=dict)


@dataclass
class Container:
    """One container: `spec` is its part of the Pod's manifest. `listeners` are the sockets that its program holds."""

    machine: Machine
    name: str
    image: str
    spec: dict[str, Any]
    files: Files = field(default_factory=Files)
    log: list[LogLine] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    state: State = "waiting"
    started_us: int = 0
    finished_us: int = 0
    restarts: int = 0
    exit_code: int | None = None
    #: How the run before this one ended, as `lastState.terminated`, and how long the next one waits.
    last_ended: dict[str, Any] = field(default_factory=dict)
    backoff_s: int = 0
    #: What that run wrote.
    previous_log: list[LogLine] = field(default_factory=list)
    #: Whether its readiness and startup probes say that it can be used.
    is_ready: bool = False
    is_started: bool = False
    #: Who is told when its program has ended.
    on_exit: Callable[[Container], None] | None = None
    #: What the image's program keeps while it runs.
    program: object | None = None

    @property
    def command(self) -> Sequence[str]:
        """`command` and `args` together, as far as the manifest gives them."""
        return [*map(str, self.spec.get("command") or ()), *map(str, self.spec.get("args") or ())]

    @property
    def env(self) -> dict[str, str]:
        """The variables of the manifest that have a plain value."""
        return {str(each["name"]): str(each.get("value", "")) for each in self.spec.get("env") or () if "name" in each}

    def say(self, text: str, stream: Literal["stdout", "stderr"] = "stdout") -> None:
        """Write a line to the container's log."""
        self.log.append(LogLine(self.machine.netns.clock.now_us, text, stream))

    def listen(self, listener: Listener) -> None:
        """Open a socket that closes with the container. ValueError: the port is taken."""
        self.machine.netns.sockets.listen(listener)
        self.listeners.append(listener)

    def exit(self, code: int) -> None:
        """End the program; nothing happens where it has ended already."""
        if self.state != "running":
            return
        self.state, self.exit_code, self.finished_us = "terminated", code, self.machine.netns.clock.now_us
        self.is_ready = self.is_started = False
        self.close()
        if self.on_exit is not None:
            self.on_exit(self)

    def close(self) -> None:
        """Close every socket of the container."""
        for listener in self.listeners:
            self.machine.netns.sockets.unlisten(listener)
        self.listeners.clear()


@dataclass
class Machine:
    """A host, or a Pod: `name` is node/NAME, ext/NAME or pod/NAMESPACE/NAME. `files` are a host's own, and those that
    all containers of a Pod share (/etc/resolv.conf, /etc/hosts, /etc/hostname)."""

    name: str
    netns: NetNs
    hostname: str
    files: Files = field(default_factory=Files)
    containers: dict[str, Container] = field(default_factory=dict)
    pod: Pod | None = None
