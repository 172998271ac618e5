"""Ask the model and the kernel the same question, and say where they differ."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from app.dataplane.netns import NetNs
from app.dataplane.tcpreceive import PROBE_LINE
from app.kube.clusterfile import ClusterFile, load_cluster
from app.shell import run
from app.sim.flow import ECHO_SIZE, ICMP_LEARNED, UDP_SIZE, told_errno
from app.sim.request import TraceRequest, parse_destination
from app.sim.simulator import Simulator, netns_of
from app.sim.trace import Trace
from tests.differential.connections import of_kernel, of_model
from tests.differential.flow import Flow
from tests.differential.frames import Arp, Packet, Row, kernel_row, model_row, questions, without_chance
from tests.differential.lab import Lab

HERE = Path(__file__).parent
CLOSED_PORT = 9999
RULE_TOOLS = ("iptables ", "ipset ", "nft ")
EMPTY = "".join(
    f"*{table}\n{''.join(f':{chain} ACCEPT [0:0]{chr(10)}' for chain in chains.split())}COMMIT\n"
    for table, chains in (
        ("raw", "PREROUTING OUTPUT"),
        ("mangle", "PREROUTING INPUT FORWARD OUTPUT POSTROUTING"),
        ("nat", "PREROUTING INPUT OUTPUT POSTROUTING"),
        ("filter", "INPUT FORWARD OUTPUT"),
    )
)


@cache
def cluster_of(setup: str) -> ClusterFile:
    """Return a set-up's cluster file: no simulator changes it."""
    return load_cluster([str(HERE / "clusters" / f"{name}.yaml") for name in (setup, "objects")])


def simulator(setup: str) -> Simulator:
    """Return a set-up as the model has it, caches cold."""
    return Simulator(cluster_of(setup))


class Setup:
    """One set-up, in the model and in the kernel."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lab = Lab()
        self._clean = simulator(name).network
        self._sport = 41000

    def __enter__(self) -> Self:
        """Build it."""
        try:
            self.lab.build(self._clean)
        except BaseException:
            self.lab.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        """Let it fall to nothing."""
        self.lab.close()

    def differences(self, flow: Flow) -> list[str]:
        """Ask both; return what differs, a line each."""
        model = simulator(self.name)
        self.lab.forget(self._clean)
        try:
            self._prepare(flow, model)
            for to in flow.earlier:
                self._both(flow, model, to)
            return compare(flow, *self._both(flow, model, flow.to))
        finally:
            self._restore(flow)

    def _prepare(self, flow: Flow, model: Simulator) -> None:
        """Run the flow's commands: at the modelled terminal, and what is no rule or set with the real tool too."""
        changed: list[NetNs] = []
        for who, line in flow.before:
            netns = netns_of(model.network, who)
            result = run(model, who, line)
            assert result.exit_code == 0, result.stderr
            if line.startswith(RULE_TOOLS):
                changed.append(netns)
            else:
                self.lab.run(netns.name, *line.split())
        for netns in dict.fromkeys(changed):
            self._load(netns)

    def _restore(self, flow: Flow) -> None:
        """Take the flow's commands back."""
        clean = self._clean
        for who, line in reversed(flow.before):
            if line.startswith("ip "):
                back = line.replace(" add ", " del ").replace(" down", " up")
                # What was never done cannot be taken back: the failure that stopped it is told.
                self.lab.call("run", netns=netns_of(clean, who).name, argv=back.split())
        for netns in dict.fromkeys(netns_of(clean, who) for who, _ in flow.before):
            self.lab.call("sysctl", netns=netns.name, values=netns.sysctls)
            self._load(netns)

    def _load(self, netns: NetNs) -> None:
        """Replace all rules and sets of a namespace."""
        self.lab.run(netns.name, "iptables-restore", text=EMPTY)
        self.lab.run(netns.name, "ipset", "destroy")
        if self._clean.namespaces[netns.name].nft.tables:
            self.lab.run(netns.name, "nft", "flush", "ruleset")
        self.lab.load(netns)

    def _both(self, flow: Flow, model: Simulator, to: str) -> tuple[Trace, dict[str, Any], frozenset[int]]:
        """Ask the kernel, then the model with the choice that the kernel's random rules made."""
        self._sport += 1
        answer = ask(self.lab, model, flow, to, self._sport)
        target = parse_destination(to)
        request = TraceRequest(
            flow.from_, to, sport=None if target.scheme == "icmp" else self._sport, ttl=flow.ttl, size=flow.size,
            df=flow.df, pick=chosen(model, answer["rows"]),
        )  # fmt: skip
        ports = {o.port for netns in model.network.namespaces.values() for o in netns.sockets.listeners}
        return model.trace(request), answer, frozenset(ports | {self._sport, target.port, CLOSED_PORT})


def ask(lab: Lab, model: Simulator, flow: Flow, to: str, sport: int) -> dict[str, Any]:
    """Ask the kernel what the model's client would ask; return what it learned (`learned`), every packet (`rows`) and the
    nodes' `connections`."""
    target = parse_destination(to)
    payload = PROBE_LINE.decode() if target.scheme == "tcp" else ""
    size = {"tcp": 0, "udp": UDP_SIZE, "icmp": ECHO_SIZE}[target.scheme] if flow.size is None else flow.size
    question = {
        "netns": netns_of(model.network, flow.from_).name, "scheme": target.scheme, "address": str(target.address),
        "port": target.port, "sport": sport, "ttl": flow.ttl, "df": flow.df, "ident": sport,
        "payload": payload.ljust(size, "."), "patience": flow.patience,
        "tracked": [netns.name for netns in model.network.namespaces.values() if netns.netfilter.is_active],
    }  # fmt: skip
    answer: dict[str, Any] = lab.call("ask", question=question)
    lab.call("settle")
    answer["rows"] = [
        row
        for _, netns, interface, direction, frame in answer["frames"]
        if (row := kernel_row(netns, interface, direction, bytes.fromhex(frame))) is not None
    ]
    return answer


def chosen(model: Simulator, rows: list[Row]) -> tuple[str, ...]:
    """Return the Pods that the kernel's requests went to, as `--pick` names them."""
    opening = [r for r in rows if isinstance(r, Packet) and r.ports and (r.proto == "udp" or r.kind == ("S",))]
    targets = {row.dst for row in opening[:1] + opening[-1:] + [r for r in opening if r.kind == ("S",)]}
    pods = [netns for netns in model.network.namespaces.values() if netns.name.startswith("pod/")]
    return tuple(
        netns.name.removeprefix("pod/")
        for netns in pods
        if any(str(a.interface.ip) in targets for dev in netns.interfaces.values() for a in dev.addresses)
    )


def compare(flow: Flow, trace: Trace, answer: dict[str, Any], fixed: frozenset[int]) -> list[str]:
    """Return where model and kernel differ: what the sender learned, the packets in their order, the ARP questions,
    the connections."""
    model_rows = [model_row(trace, s) for s in trace.sightings if s.t_us < flow.patience * 1_000_000]
    learned = answer["learned"]
    if learned.startswith("icmp "):
        type_, code = (int(word) for word in learned.split()[1:])
        learned = ICMP_LEARNED.get((type_, code), "icmp-host-unreachable")
    elif learned.startswith("E"):
        learned = told_errno(learned)
    found = []
    if trace.verdict.sender_learns != learned:
        found.append(f"the sender learns {trace.verdict.sender_learns!r}, in the kernel {learned!r}")
    model, kernel = (in_order(without_chance(rows, fixed)) for rows in (model_rows, answer["rows"]))
    for n in range(max(len(model), len(kernel))):
        ours, theirs = (rows[n] if n < len(rows) else None for rows in (model, kernel))
        if ours != theirs:
            found.append(f"packet {n + 1}:\n  model  {line(ours)}\n  kernel {line(theirs)}")
            break
    asked, really = questions(model_rows), questions(answer["rows"])
    found += [f"only the model: {line(row)}" for row in asked if row not in really]
    found += [f"only the kernel: {line(row)}" for row in really if row not in asked]
    known, tracked = of_model(trace, fixed), of_kernel(answer["connections"], fixed)
    found += [f"only the model tracks {tuple(row)}" for row in known if row not in tracked]
    found += [f"only the kernel tracks {tuple(row)}" for row in tracked if row not in known]
    return found


def in_order(packets: list[Packet]) -> list[Packet]:
    """Return the packets in the order in which they were seen; fragments overtake each other: theirs is an interface's."""
    is_cut = any(packet.frag != (0, False) for packet in packets)
    return sorted(packets, key=lambda packet: packet.where) if is_cut else packets


def line(row: Row | None) -> str:
    """Return a row in one line."""
    if row is None:
        return "(nothing)"
    head = f"{row.where} {row.direction} {row.eth[0]} > {row.eth[1]}"
    if isinstance(row, Arp):
        return f"{head} arp {row.op} {row.sender} {row.target}"
    outer = f" {row.outer}" if row.outer else ""
    return (
        f"{head}{outer} {row.src} > {row.dst} {row.proto} {row.ports} {row.kind} ttl {row.ttl} len {row.length} "
        f"{'DF' if row.df else ''} {row.frag if row.frag != (0, False) else ''} {row.quote or ''}"
    )
