"""A tunnel through programs that pass bytes on: what `kubectl port-forward` is.

    kubectl's socket -> API server :6443 -> the node's kubelet :10250 -> the Pod's own 127.0.0.1

Every leg is a TCP connection of its own that walks like any other; none of them goes to a Service's address. What the
programs say to each other (TLS, SPDY frames) is not modelled: the bytes of the client are passed on as they are.
Source: kubectl pkg/cmd/portforward; Kubernetes pkg/kubelet/server (getPortForward); containerd
internal/cri/server/sandbox_portforward_linux.go, which dials "localhost" inside the Pod's namespace.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.dataplane.ip import UnroutableError, route_output
from app.dataplane.localports import local_port
from app.dataplane.netns import NetNs
from app.dataplane.packet import Packet
from app.dataplane.tcp import Endpoint, OnEvent, TcpConnection
from app.dataplane.tcpreceive import echo

__all__ = ["Leg", "Relay"]


@dataclass(frozen=True)
class Leg:
    """One connection of a tunnel: who dials, whom, and the relay there that passes on what comes."""

    netns: NetNs
    target: Endpoint
    relay: Relay | None = None


class Relay:
    """A program that passes a connection's bytes on. `way` are the legs of every connection, else those of `ways`.

    A connection that no tunnel announced is answered with what it says, as by any socket here.
    """

    def __init__(self, way: tuple[Leg, ...] = ()) -> None:
        self.way = way
        self.ways: dict[Endpoint, tuple[Leg, ...]] = {}

    def on_datagram(self, netns: NetNs, packet: Packet) -> None:
        """A datagram is nothing for it."""

    def on_connection(self, connection: TcpConnection, packet: Packet) -> OnEvent:  # noqa: ARG002  (Program's form)
        """Take a connection and dial on."""
        way = self.way or self.ways.pop(connection.remote, ())
        return _Pipe(connection, way).from_client if way else echo(connection)


class _Pipe:
    """Two connections whose bytes are each other's."""

    def __init__(self, client: TcpConnection, way: tuple[Leg, ...]) -> None:
        self.client = client
        self.onward: TcpConnection | None = None
        self._waiting: list[bytes] | None = []
        self._is_at_end = False
        leg, *rest = way
        try:
            _, source = route_output(leg.netns, leg.target[0])
        except UnroutableError:
            return
        local = (source, local_port(leg.netns))
        if leg.relay is not None:
            leg.relay.ways[local] = tuple(rest)
        self.onward = TcpConnection(leg.netns, local, leg.target, self.from_server)
        self.onward.connect()

    def from_client(self, event: str, data: bytes) -> None:
        """Take what the client's side tells."""
        if self.onward is None:
            self._hang_up(self.client)
        elif event == "data":
            self._pass(data)
        elif event == "eof":
            self._is_at_end = True
            if self._waiting is None:
                self._hang_up(self.onward)
        else:
            self._hang_up(self.onward)

    def _pass(self, data: bytes) -> None:
        if self._waiting is not None:
            self._waiting.append(data)
        elif self.onward is not None:
            self.onward.write(data)

    def from_server(self, event: str, data: bytes) -> None:
        """Take what the other side tells. It refused: the client is hung up on, as kubectl does."""
        if event == "connected":
            waiting, self._waiting = self._waiting or [], None
            for each in waiting:
                self._pass(each)
            if self._is_at_end and self.onward is not None:
                self._hang_up(self.onward)
        elif event == "data":
            self.client.write(data)
        else:
            self._hang_up(self.client)

    @staticmethod
    def _hang_up(connection: TcpConnection) -> None:
        if connection.state in ("ESTAB", "CLOSE-WAIT"):
            connection.close()
