"""Startup, readiness and liveness probes of a container.

A probe looks at the socket in the Pod's namespace directly: its packets are not modelled (docs/fidelity.md).
Source: Kubernetes pkg/kubelet/prober (worker.go, prober.go).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any, Literal

from app.core.clock import Timer
from app.dataplane.ip import UnroutableError, route_output
from app.dataplane.sockets import Listener
from app.kube.bodies import list_at, mapping_at
from app.workloads.http.server import HttpServer
from app.workloads.machine import Container

if TYPE_CHECKING:
    from app.control.cluster import LiveCluster

__all__ = ["Probe", "ProbeKind"]

ProbeKind = Literal["startup", "readiness", "liveness"]
SECOND_US = 1_000_000
#: The source port of a probe that no packet carries.
PROBE_PORT = 40_000


@dataclass
class Probe:
    """One probe at work. `on_result` is told when the threshold is passed, with what the last look said."""

    live: LiveCluster
    container: Container
    kind: ProbeKind
    spec: Mapping[str, Any]
    address: IPv4Address
    on_result: Callable[[Probe, bool, str, bool], None]
    _same: int = 0
    _last: bool | None = None
    _timer: Timer | None = field(default=None)

    def start(self) -> None:
        """Look for the first time after initialDelaySeconds."""
        self._timer = self.live.clock.after(
            self._number("initialDelaySeconds", 0) * SECOND_US, self._look, lasting=True
        )

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def once(self) -> tuple[bool, str]:
        """Look: whether it went well, and what a failure says in kubelet's words."""
        if "httpGet" in self.spec:
            return self._http(mapping_at(self.spec, "httpGet"))
        if "tcpSocket" in self.spec:
            return self._tcp(self._port(mapping_at(self.spec, "tcpSocket")))
        if "exec" in self.spec:
            return self._exec(list_at(self.spec, "exec", "command"))
        return True, ""

    def _look(self) -> None:
        self._timer = self.live.clock.after(self._number("periodSeconds", 10) * SECOND_US, self._look, lasting=True)
        went_well, message = self.once()
        self._same = self._same + 1 if went_well == self._last else 1
        self._last = went_well
        enough = self._number("successThreshold" if went_well else "failureThreshold", 1 if went_well else 3)
        self.on_result(self, went_well, message, self._same >= enough)

    def _number(self, name: str, default: int) -> int:
        value = self.spec.get(name)
        return value if isinstance(value, int) and value >= 0 else default

    def _port(self, action: Mapping[str, Any]) -> int:
        port = action.get("port")
        if isinstance(port, int):
            return port
        named = (each for each in list_at(self.container.spec, "ports") if mapping_at(each).get("name") == port)
        return next((int(each["containerPort"]) for each in named), 0)

    def _listener(self, port: int) -> Listener | None:
        return self.container.machine.netns.sockets.find_listener("tcp", self.address, port)

    def _tcp(self, port: int) -> tuple[bool, str]:
        if self._listener(port) is not None:
            return True, ""
        return False, f"dial tcp {self.address}:{port}: connect: connection refused"

    def _http(self, action: Mapping[str, Any]) -> tuple[bool, str]:
        port, path = self._port(action), str(action.get("path") or "/")
        url = f"{str(action.get('scheme') or 'HTTP').lower()}://{self.address}:{port}{path}"
        listener = self._listener(port)
        if listener is None:
            return False, f'Get "{url}": dial tcp {self.address}:{port}: connect: connection refused'
        if not isinstance(listener.program, HttpServer):
            return False, f'Get "{url}": net/http: HTTP/1.x transport connection broken: malformed HTTP response'
        netns, remote = self.container.machine.netns, (self._source(), PROBE_PORT)
        code = listener.program.ask(netns, (self.address, port), remote, path)
        return 200 <= code < 400, f"HTTP probe failed with statuscode: {code}"

    def _source(self) -> IPv4Address:
        """Return the address that the node asks from."""
        pod = self.container.machine.pod
        assert pod is not None
        try:
            return route_output(self.live.network.namespaces[pod.node_name], self.address)[1]
        except UnroutableError:
            return self.address

    def _exec(self, command: list[Any]) -> tuple[bool, str]:
        """Run `cat FILE`, `test -f FILE`, `true`; what else a probe runs counts as having gone well."""
        words = [str(word) for word in command]
        if words[:1] == ["false"]:
            return False, ""
        if words[:1] in (["cat"], ["test"]) and len(words) > 1:
            found = self.container.files.read(words[-1]) is not None
            return found, f"cat: can't open '{words[-1]}': No such file or directory"
        return True, ""
