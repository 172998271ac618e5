"""The simulator: one cluster, its clock and its seed. It runs flows and returns each as a trace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address

from msgspec.structs import replace

from app.control.cluster import LiveCluster
from app.core.clock import Clock
from app.core.errors import UsageError, did_you_mean
from app.core.rng import Rng
from app.dataplane.budget import WalkBudgetError
from app.dataplane.conntrack import ConnectionEvidence
from app.dataplane.hop import Hop
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.dataplane.packet import Packet
from app.dataplane.walk import walk
from app.kube.clusterfile import ClusterFile
from app.sim.controlhops import ControlHops
from app.sim.flow import Flow
from app.sim.flows import new_flow
from app.sim.nameflow import NameFlow
from app.sim.recording import Recording, flows, learned
from app.sim.request import Destination, TraceRequest, parse_destination
from app.sim.trace import Trace, Verdict
from app.sim.tracewriter import TraceWriter
from app.sim.verdict import judge, looped
from app.workloads.machine import Machine

__all__ = ["Simulator", "netns_of"]

#: After these the connection is still to be closed.
DELIVERED = frozenset({"connected", "answered", "echo-reply"})
#: Longer than any packet takes to land.
IN_FLIGHT_US = 1_000


class Simulator:
    """A cluster that can be asked. Its tables, caches included, live on from one flow to the next."""

    def __init__(self, cluster: ClusterFile, seed: int = 0) -> None:
        self.cluster = cluster
        self.seed = seed
        self.clock = Clock()
        self.live = LiveCluster(cluster, self.clock, Rng(seed))
        self.network: Network = self.live.network
        self._writer = TraceWriter(self.network)
        ControlHops(self.live)

    def trace(self, request: TraceRequest) -> Trace:
        """Run one flow to its end. Raises UsageError for a sender or URL that does not exist."""
        destination = parse_destination(request.to)
        netns = netns_of(self.network, request.from_)
        self.network.start_record()
        self.network.preferred = self._preferred(request)
        start_us = self.clock.now_us
        flow: Flow | NameFlow = self._first_flow(netns, destination, request)
        first_hop = 0
        try:
            self._run(flow)
            if isinstance(flow, NameFlow) and flow.address is not None and destination.scheme != "dns":
                first_hop = len(self.network.hops)
                flow = new_flow(netns, replace(destination, address=flow.address), request)
                self._run(flow)
            verdict = judge(flow, self.network.hops[first_hop:], netns.name)
        except WalkBudgetError as error:
            verdict = looped(self.network.hops, error)
        finally:
            self._settle(flow)
        return self._written(request.from_, request.to, verdict, self.network.hops, start_us, flow.connections)

    def _written(
        self, from_: str, to: str, verdict: Verdict, hops: list[Hop], start_us: int,
        connections: dict[str, Sequence[ConnectionEvidence]],
    ) -> Trace:  # fmt: skip
        writer = self._writer
        writer.start()
        return Trace(
            "podwalk-trace/v1", self.seed, from_, to, verdict, writer.interfaces(), writer.hops(hops, start_us),
            writer.sightings(hops, start_us), writer.connections(connections),
        )  # fmt: skip

    def _first_flow(self, netns: NetNs, to: Destination, request: TraceRequest) -> Flow | NameFlow:
        """Return what is to be done first: a name is looked up by the sender's own resolver."""
        if not to.needs_lookup:
            return new_flow(netns, to, request)
        machine = self.live.machines.get(request.from_) or Machine(request.from_, netns, netns.name)
        return NameFlow(machine, to.host, request)

    def _run(self, flow: Flow | NameFlow) -> None:
        """Run a program until it is over."""
        flow.start()
        if self._is_over(flow):
            return
        for _ in walk(self.network):
            if self._is_over(flow):
                break

    def settle(self, limit_us: int) -> None:
        """Let the control plane do what is due within `limit_us`; time stops where nothing more is due until then."""
        end_us = self.clock.now_us + limit_us
        while (due_us := self.clock.next_due_us()) is not None and due_us <= end_us:
            try:
                self.clock.run_next()
            except WalkBudgetError:  # a frame that goes round in circles is lost
                self.clock.forget()
                self.network.turn_page()

    @contextmanager
    def recorded(self) -> Iterator[Recording]:
        """Gather the hops of everything that is sent until the end: `trace_of` makes a trace of them."""
        recording = Recording(self.network)
        outer, self.network.on_page = self.network.on_page, recording.add
        try:
            yield recording
        finally:
            recording.add(self.network.hops)
            recording.look()
            self.network.on_page = outer

    def trace_of(self, recording: Recording, netns: NetNs) -> Trace | None:
        """Return the trace of what was sent from `netns`: from and to of its first flow, the verdict of its last.

        None where it sent nothing.
        """
        hops = recording.hops
        asked = flows(hops, netns.name)
        if not asked:
            return None
        start = next(n for n, hop in enumerate(hops) if hop.packet.number == asked[-1].packet.number)
        verdict = judge(learned(hops, asked[-1]), hops[start:], netns.name)
        return self._written(who_of(netns), asked[0].url, verdict, hops, recording.start_us, recording.connections)

    @property
    def packets(self) -> list[Packet]:
        """The packet of each hop of the last trace, as that hop left it: what its layers and bytes are made from."""
        return [hop.packet for hop in self.network.hops]

    def _preferred(self, request: TraceRequest) -> frozenset[IPv4Address]:
        """Return the addresses of the Pods that --pick names. Raises UsageError for one that is not there."""
        picked = [netns_of(self.network, f"pod/{name}") for name in request.pick]
        interfaces = [i for netns in picked for i in netns.interfaces.values() if i.kind != "loopback"]
        return frozenset(a.interface.ip for i in interfaces for a in i.addresses)

    def _is_over(self, flow: Flow | NameFlow) -> bool:
        """Whether the sender knows its answer and nothing of the flow moves any more: what is in flight still lands."""
        if flow.learned is None:
            return False
        if flow.learned in ("timeout", "handshake-only") or isinstance(flow, NameFlow):
            return True
        due_us = self.clock.next_due_us()
        is_quiet = due_us is None or due_us > flow.learned_us + IN_FLIGHT_US
        return flow.learned not in DELIVERED and is_quiet

    def _settle(self, flow: Flow | NameFlow) -> None:
        """End what the flow left running: its socket, its timers, what still waits for ARP."""
        flow.close()
        self.network.settle()


def netns_of(network: Network, who: str) -> NetNs:
    """Return the namespace that `who` (pod/NAMESPACE/NAME, node/NAME, ext/NAME) means. Raises UsageError."""
    name = network.aliases.get(who, who.removeprefix("node/"))
    found = network.namespaces.get(name)
    if found is None or who not in (who_of(found), *network.aliases):
        names = sorted({*(who_of(netns) for netns in network.namespaces.values()), *network.aliases})
        hint = "known: " + ", ".join(names)
        raise UsageError(f"there is no '{who}' in this cluster{did_you_mean(who, names)}", hint=hint)
    return found


def who_of(netns: NetNs) -> str:
    """Return what a namespace is called on the command line; the switch under the cluster is just `underlay`."""
    return netns.name if "/" in netns.name or not netns.is_tapped else f"node/{netns.name}"
