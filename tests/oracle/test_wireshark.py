"""Wireshark reads every capture that we write: nothing malformed, no bad checksum, the fields those of the trace."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins

from app.dataplane.packet import Packet
from app.kube.clusterfile import load_cluster
from app.shell import run
from app.sim.capture import capture
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator
from app.sim.trace import Trace
from tests.oracle import tshark
from tests.oracle.test_captures import HERE, load, simulate

MODES = ("vxlan", "host-gw", "calico-like")

#: Beside the cases: what their questions do not have. Cluster file, from, to, options, commands that come first.
QUESTIONS: dict[str, tuple[str, str, str, dict[str, Any], list[tuple[str, str]]]] = {
    "fragments": ("vxlan", "pod/default/client-a", "icmp://10.2.2.50", {"size": 3000}, []),
    "fragments-host-gw": ("host-gw", "pod/default/client-a", "icmp://10.2.2.50", {"size": 4001}, []),
    "fragments-longest": ("calico-like", "pod/default/client-a", "icmp://10.2.2.50", {"size": 65507}, []),
    "fragments-udp": ("vxlan", "pod/default/client-a", "udp://10.2.0.2:53", {"size": 3000}, []),
    "frag-needed": ("vxlan", "node/k8s-node-11", "icmp://10.2.2.50", {"size": 1472, "df": True}, []),
    "empty-echo": ("vxlan", "pod/default/client-a", "icmp://10.2.2.50", {"size": 0}, []),
    "odd-datagram": ("vxlan", "pod/default/client-a", "udp://10.1.0.10:53", {"size": 33}, []),
    "line-of-one": ("vxlan", "ext/ext-client", "tcp://10.0.0.10:30120", {"size": 1}, []),
    "cut-line": ("calico-like", "ext/ext-client", "tcp://10.0.0.12:30120", {"size": 7}, []),
    "own-address": ("host-gw", "pod/default/client-a", "tcp://127.0.0.1:9", {}, []),
    "reject-icmp": ("vxlan", "pod/default/client-a", "tcp://10.2.2.50:80", {}, [
        ("node/k8s-node-11", "iptables -I FORWARD -d 10.2.2.50 -j REJECT --reject-with icmp-admin-prohibited")]),
    "reject-udp": ("host-gw", "pod/default/client-a", "udp://10.2.2.50:80", {}, [
        ("node/k8s-node-11", "iptables -I FORWARD -d 10.2.2.50 -j REJECT")]),
    "reject-rst": ("vxlan", "pod/default/client-a", "tcp://10.2.2.50:80", {}, [
        ("node/k8s-node-11", "iptables -I FORWARD -p tcp -d 10.2.2.50 -j REJECT --reject-with tcp-reset")]),
}  # fmt: skip

Walk = tuple[Trace, list[Packet], Simulator]
FRAGMENTED = [name for name in QUESTIONS if name.startswith("fragments")]


def walk(name: str) -> Walk:
    mode, sender, to, options, before = QUESTIONS[name]
    simulator = Simulator(load_cluster([str(HERE / f"cluster-{mode}.yaml")]))
    for who, line in before:
        assert run(simulator, who, line).exit_code == 0
    return simulator.trace(TraceRequest(sender, to, **options)), simulator.packets, simulator


def walks(mode: str) -> Iterator[Walk]:
    """The questions of all cases in this mode, and what they do not have."""
    for path in sorted(HERE.glob(f"cases/{mode}/*.json")):
        simulator, trace = simulate(load(path))
        yield trace, simulator.packets, simulator
    yield from (walk(name) for name, question in QUESTIONS.items() if question[0] == mode and name not in FRAGMENTED)


def written(walks: list[Walk], target: Path) -> Path:
    """Write the captures of several walks one after the other: a pcapng file may have many sections."""
    target.write_bytes(b"".join(capture(t, packets, s.cluster.spec.clock, "en") for t, packets, s in walks))
    return target


@pytest.fixture(scope="module", params=MODES)
def mode(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Walk], Path]:
    tshark.require()
    asked = list(walks(request.param))
    return asked, written(asked, tmp_path_factory.mktemp("capture") / f"{request.param}.pcapng")


@pytest.fixture(scope="module")
def ipip(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Walk], Path]:
    """The walks of the calico-like cluster with a tunnel of IP in IP."""
    tshark.require()
    folder = tmp_path_factory.mktemp("ipip")
    cluster = folder / "cluster.yaml"
    text = (HERE / "cluster-calico-like.yaml").read_text()
    cluster.write_text(text.replace("encapsulation: none", "encapsulation: ipip"))
    asked = []
    for to in ("icmp://10.2.2.50", "tcp://10.2.2.50:80", "tcp://10.1.15.2:80", "udp://10.2.2.50:99"):
        simulator = Simulator(load_cluster([str(cluster)]))
        pick = ("default/nginx-c",)
        asked.append(
            (simulator.trace(TraceRequest("pod/default/client-a", to, pick=pick)), simulator.packets, simulator)
        )
    return asked, written(asked, folder / "ipip.pcapng")


def layers(trace: Trace, hop: int, name: str) -> list[dict[str, Any]]:
    """Return the trace's layers of one name, those that an ICMP error quotes behind the others."""
    found = []
    rest = to_builtins(trace.hops[hop - 1].headers)
    while rest:
        found += [layer for layer in rest if layer["layer"] == name]
        rest = [quoted for layer in rest for quoted in layer.get("quotes", [])]
    return found


def expected(trace: Trace) -> Iterator[list[list[str]]]:
    """Say of each sighting what Wireshark should read: in the order of FIELDS."""
    for sighting in trace.sightings:
        ips, tcps, udps = (layers(trace, sighting.hop, name) for name in ("ipv4", "tcp", "udp"))
        icmps = layers(trace, sighting.hop, "icmp")
        columns = [
            [f"{sighting.netns}/{sighting.interface}"],
            [str({"rx": 1, "tx": 2}[sighting.direction])],
            [trace_us(sighting.t_us)],
            [layer["src"] for layer in layers(trace, sighting.hop, "eth")],
            [layer["src"] for layer in ips],
            [layer["dst"] for layer in ips],
            [str(layer["ttl"]) for layer in ips],
            [str(layer["len"]) for layer in ips],
            ["1" if layer["df"] else "0" for layer in ips],
            [str(layer["sport"]) for layer in tcps],
            [str(layer["dport"]) for layer in tcps],
            [str(layer["sport"]) for layer in udps],
            [str(layer["dport"]) for layer in udps],
            [str(layer["vni"]) for layer in layers(trace, sighting.hop, "vxlan")],
            [str(layer["type"]) for layer in icmps],
            [str(layer["code"]) for layer in icmps],
            [str(layer["mss"]) for layer in tcps if layer.get("mss")],
            [{"request": "1", "reply": "2"}[layer["op"]] for layer in layers(trace, sighting.hop, "arp")],
        ]
        yield columns


FIELDS = [
    "frame.interface_name", "frame.packet_flags_direction", "frame.time_epoch", "eth.src", "ip.src", "ip.dst", "ip.ttl",
    "ip.len", "ip.flags.df", "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport", "vxlan.vni", "icmp.type",
    "icmp.code", "tcp.options.mss_val", "arp.opcode",
]  # fmt: skip

#: tshark 4.0 looks an interface's name up in the first section, whichever section the frame is in.
FIELDS_OF_MANY = FIELDS[1:]


def trace_us(t_us: int) -> str:
    """Return a virtual time as Wireshark prints it: the cluster's clock is the beginning."""
    begin = 1_767_225_600  # 2026-01-01T00:00:00Z
    return f"{begin + t_us // 1_000_000}.{t_us % 1_000_000:06}000"


def test_nothing_is_malformed_and_no_checksum_is_bad(mode: tuple[list[Walk], Path]) -> None:
    assert tshark.run(mode[1], "-Y", tshark.BAD) == []


def test_every_sighting_is_a_frame_with_the_fields_of_the_trace(mode: tuple[list[Walk], Path]) -> None:
    asked, file = mode
    read = tshark.fields(file, *FIELDS_OF_MANY)
    wanted = [row[1:] for trace, _, _ in asked for row in expected(trace)]
    assert len(read) == len(wanted)
    different = [(n, r, w) for n, (r, w) in enumerate(zip(read, wanted, strict=True), 1) if r != w]
    assert different[:3] == []


def test_every_frame_has_its_caption_as_a_comment(mode: tuple[list[Walk], Path]) -> None:
    rows = tshark.fields(mode[1], "frame.comment")
    assert all(row[0] for row in rows)


@pytest.mark.parametrize("name", FRAGMENTED)
def test_fragments_are_joined_by_wireshark_too(name: str, tmp_path: Path) -> None:
    """Each in a file of its own and as one interface saw it, since a packet's pieces pass many interfaces."""
    tshark.require()
    trace, packets, simulator = walk(name)
    file = written([(trace, packets, simulator)], tmp_path / "walk.pcapng")
    assert tshark.run(file, "-Y", tshark.BAD) == []
    assert tshark.fields(file, *FIELDS[:9]) == [row[:9] for row in expected(trace)]
    only = tmp_path / "eth0.pcapng"
    tshark.run(file, "-Y", f'frame.interface_name == "{trace.verdict.at}/eth0"', "-w", str(only))
    proto, size = ("udp" if "udp" in name else "icmp"), QUESTIONS[name][3]["size"]
    lengths = tshark.run(only, "-Y", f"{proto}.checksum.status==1", "-T", "fields", "-e", "ip.reassembled.length")
    assert lengths == [str(8 + size)] * 2, "the question and its answer"


def test_ip_in_ip_is_bare_on_the_tunnel_and_framed_on_the_wire(ipip: tuple[list[Walk], Path]) -> None:
    asked, file = ipip
    assert tshark.run(file, "-Y", tshark.BAD) == []
    assert tshark.fields(file, *FIELDS_OF_MANY) == [row[1:] for trace, _, _ in asked for row in expected(trace)]
    sightings = [sighting for trace, _, _ in asked for sighting in trace.sightings]
    raw_ip, ethernet = ["7"], ["1"]  # WTAP_ENCAP_RAW_IP, WTAP_ENCAP_ETHERNET
    types = [row[0] for row in tshark.fields(file, "frame.encap_type")]
    assert types == [raw_ip if sighting.interface == "tunl0" else ethernet for sighting in sightings]
    assert raw_ip in types
