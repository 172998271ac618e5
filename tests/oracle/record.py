"""Record the cases of `cases/reject` again: what the running kernel does, in the form of the other captures.

    python -m tests.oracle.record            # as root, on Linux, with the tools of tests/differential

Every case is asked in a laboratory of its own (tests/differential): caches are cold, and the rules of `before` are there from the
beginning. Which rules matched is not recorded.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from app.dataplane.network import Network
from app.kube.clusterfile import load_cluster
from app.shell import run
from app.sim.simulator import Simulator
from tests.differential.both import ask
from tests.differential.connections import FIELD, FLAG
from tests.differential.flow import Flow
from tests.differential.frames import VXLAN_PORTS, Arp, Packet, Quote, Row
from tests.differential.lab import Lab

HERE = Path(__file__).parent
MODE = "vxlan"
CLIENT, MASTER, NODE_12 = "pod/default/client-a", "node/k8s-master-10", "node/k8s-node-12"
SPORT = 41100
#: Names of ICMP errors, as the other captures have them.
ERRORS = {(3, 3): "port-unreachable", (3, 13): "admin-prohibited"}
Json = dict[str, Any]


class Question(NamedTuple):
    """One case: its file's name, what it is about, and what is asked."""

    name: str
    title: str
    from_: str
    to: str
    before: tuple[tuple[str, str], ...] = ()


QUESTIONS = (
    Question("clusterip_no_endpoints", "pod -> ClusterIP without endpoints", CLIENT, "tcp://10.1.99.9:80"),
    Question("nodeport_no_endpoints", "LAN host -> NodePort without endpoints", "ext/ext-client", "tcp://10.0.0.11:30122"),
    Question("tcp_reset", "pod -> pod on another node, which refuses it with a reset", CLIENT, "tcp://10.2.2.50:80",
             ((NODE_12, "iptables -I FORWARD -p tcp --dport 80 -j REJECT --reject-with tcp-reset"),)),
    Question("admin_prohibited", "pod -> ClusterIP, the endpoint's node prohibits it", CLIENT, "udp://10.1.0.10:53",
             ((MASTER, "iptables -I FORWARD -p udp --dport 53 -j REJECT --reject-with icmp-admin-prohibited"),)),
)  # fmt: skip


def main() -> None:
    """Ask every question and write its file."""
    for number, question in enumerate(QUESTIONS):
        path = HERE / "cases" / "reject" / f"{question.name}.json"
        path.write_text(json.dumps(recorded(question, SPORT + number), indent=1) + "\n", encoding="utf-8")


def recorded(question: Question, sport: int) -> Json:
    """Return the case."""
    model = Simulator(load_cluster([str(HERE / f"cluster-{MODE}.yaml")]))
    for who, line in question.before:
        result = run(model, who, line)
        assert result.exit_code == 0, result.stderr
    lab = Lab()
    try:
        lab.build(model.network)
        lab.forget(model.network)
        answer = ask(lab, model, Flow(MODE, question.name, question.from_, question.to), question.to, sport)
    finally:
        lab.close()
    rows, owners = answer["rows"], owners_of(model.network)
    return {
        "scenario": question.name, "mode": MODE, "title": question.title,
        "recorded": f"Linux {platform.release().split('-')[0]}, by tests/oracle/record.py",
        "from": question.from_, "to": question.to, "options": {"sport": sport}, "pick": [],
        "before": [list(command) for command in question.before], "result": {"status": answer["learned"]},
        "retransmitted": False,
        "sightings": [sighting(row, owners, sport) for row in rows if isinstance(row, Packet)],
        "arp": questions(rows, owners),
        "conntrack": {node: connections(lines) for node, lines in answer["connections"].items() if connections(lines)},
    }  # fmt: skip


def owners_of(network: Network) -> dict[str, str]:
    """Return which interface has which MAC."""
    devices = [dev for netns in network.namespaces.values() for dev in netns.interfaces.values()]
    return {dev.mac: f"{dev.netns.name}:{dev.name}" for dev in devices if dev.kind != "loopback"}


def sighting(row: Packet, owners: dict[str, str], sport: int) -> Json:
    """Return a packet on an interface. `leg`: errors are told by their protocol, answers by the port that they go to."""
    netns, _, interface = row.where.rpartition(":")
    leg = "icmp_error" if row.proto == "icmp" else "reply" if row.ports[1] == sport else "request"
    return {
        "leg": leg, "netns": netns, "interface": interface, "direction": row.direction,
        "eth": {"src": owners[row.eth[0]], "dst": owners[row.eth[1]]}, "outer": outer(row),
        "ip": {"src": row.src, "dst": row.dst, "ttl": row.ttl, "proto": row.proto, "len": row.length, "df": row.df},
        "l4": l4(row),
    }  # fmt: skip


def outer(row: Packet) -> Json | None:
    """Return the tunnel's header."""
    if not row.outer:
        return None
    _, vni, src, dst, ttl, df, length, port = row.outer
    udp = {"sport": "hash", "dport": port}
    return {"src": src, "dst": dst, "ttl": ttl, "df": df, "len": length, "udp": udp, "vni": vni}


def l4(row: Packet) -> Json:
    """Return the transport header, or the error and what it quotes."""
    if row.proto != "icmp":
        ports = {"sport": row.ports[0], "dport": row.ports[1]}
        return ports | ({"flags": row.kind[0]} if row.proto == "tcp" else {})
    quote = row.quote
    assert isinstance(quote, Quote)
    quoted = {
        "ip": {"src": quote.src, "dst": quote.dst, "ttl": quote.ttl, "proto": quote.proto},
        "l4": {"sport": quote.ports[0], "dport": quote.ports[1]},
    }
    type_, code = row.kind[:2]
    return {"type": type_, "code": code, "name": ERRORS[type_, code], "quoted": quoted}


def questions(rows: Iterable[Row], owners: dict[str, str]) -> list[Json]:
    """Return who asked for whom, by the frames of the asking and the answering interface itself."""
    sent = [r for r in rows if isinstance(r, Arp) and r.direction == "tx" and owners[r.eth[0]] == r.where]
    found: dict[tuple[str, str, str], Json] = {}
    for row in sent:
        if row.op == "request":
            asker, _, interface = row.where.rpartition(":")
            new = {"asker": asker, "interface": interface, "asks": row.target, "tells": row.sender, "answered_by": None}
            found.setdefault((row.where, row.target, row.sender), {**new, "tries": 0})["tries"] += 1
    for (_, asks, tells), question in found.items():
        answers = [r.where for r in sent if (r.op, r.sender, r.target) == ("reply", asks, tells)]
        question["answered_by"] = answers[0] if answers else None
    return list(found.values())


def connections(lines: Iterable[str]) -> list[Json]:
    """Return a node's connections but for the tunnels' own."""
    rows = []
    for line in lines:
        words, fields = line.split(), FIELD.findall(line)
        half = len(fields) // 2
        sides = [{key: int(v) if "port" in key else v for key, v in f} for f in (fields[:half], fields[half:])]
        original, reply = sides
        if original["dport"] not in VXLAN_PORTS:
            nat = [
                name
                for name, is_so in (
                    ("SNAT", reply["dst"] != original["src"]),
                    ("DNAT", reply["src"] != original["dst"]),
                )
                if is_so
            ]
            state = words[5] if words[2] == "tcp" else None
            flags = FLAG.findall(line)
            rows.append(
                {"proto": words[2], "state": state, "orig": original, "reply": reply, "flags": flags, "nat": nat}
            )
    return rows


if __name__ == "__main__":
    main()
