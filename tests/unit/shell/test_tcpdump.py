"""`tcpdump`: texts and filters. Every form here was compared with tcpdump 4.99.3 reading the same frames from a file."""

from pathlib import Path

import pytest

from app.kube.clusterfile import load_cluster
from app.shell import run
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator

CLUSTERS = Path(__file__).parents[2] / "oracle"
NODE, POD, FAR = "node/k8s-node-11", "pod/default/nginx-b", "10.2.2.50"


@pytest.fixture
def sim() -> Simulator:
    simulator = Simulator(load_cluster([str(CLUSTERS / "cluster-vxlan.yaml")]))
    run(simulator, POD, f"ping -c 1 {FAR}")
    return simulator


def shown(sim: Simulator, line: str, who: str = NODE) -> list[str]:
    """Return the lines on stdout, ids left out: they are drawn."""
    result = run(sim, who, line)
    assert result.exit_code == 0, result.stderr
    return result.stdout.splitlines()


def test_frames_that_passed_before_are_shown_with_virtual_time(sim: Simulator) -> None:
    lines = shown(sim, "tcpdump -i cni0 -nn")
    assert lines[:2] == [
        "00:00:00.000002 ARP, Request who-has 10.2.1.1 tell 10.2.1.36, length 28",
        "00:00:00.000002 ARP, Reply 10.2.1.1 is-at 0a:58:0a:02:01:01, length 28",
    ]
    assert lines[2].startswith("00:00:00.000006 IP 10.2.1.36 > 10.2.2.50: ICMP echo request, id ")
    assert lines[2].endswith(", seq 1, length 64")
    assert len(lines) == 4
    run(sim, POD, f"ping -c 1 {FAR}")
    assert len(shown(sim, "tcpdump -i cni0 -nn")) == 6, "it goes on"
    assert shown(sim, "tcpdump -i cni0 icmp -nn -c 1") == shown(sim, "tcpdump -nnc1 -i cni0 icmp"), (
        "options may be last"
    )


def test_what_is_said_beside_them(sim: Simulator) -> None:
    assert run(sim, NODE, "tcpdump -i eth0 -c 1").stderr == (
        "tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n"
        "listening on eth0, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"
        "1 packet captured\n1 packet received by filter\n0 packets dropped by kernel\n"
    )
    assert "note: as with -p, cni0 does not see what it only bridges" in run(sim, NODE, "tcpdump -i cni0").stderr


def test_vxlan_is_shown_with_what_it_carries_under_the_name_of_its_port(sim: Simulator) -> None:
    lines = shown(sim, "tcpdump -i eth0 -nn -e vxlan")
    assert lines[0].startswith(
        "00:00:00.000018 02:00:0a:00:00:0b > 02:00:0a:00:00:0c, ethertype IPv4 (0x0800), length 148: "
    )
    assert lines[0].endswith(" > 10.0.0.12.8472: OTV, flags [I] (0x08), overlay 0, instance 1")
    assert lines[1].startswith(
        "0e:f1:0a:02:01:00 > 0e:f1:0a:02:02:00, ethertype IPv4 (0x0800), length 98: 10.2.1.36 > 10.2.2.50: ICMP echo request"
    )


def test_v_tells_the_ip_header(sim: Simulator) -> None:
    lines = shown(sim, "tcpdump -i flannel.1 -nn -v icmp")
    assert lines[0] == "00:00:00.000006 IP (tos 0x0, ttl 63, id 1, offset 0, flags [DF], proto ICMP (1), length 84)"
    assert lines[1].startswith("    10.2.1.36 > 10.2.2.50: ICMP echo request, id ")


def test_any_names_interface_and_direction(sim: Simulator) -> None:
    ways = [line.split()[1:3] for line in shown(sim, "tcpdump -i any -nn icmp")]
    assert ways == [
        ["vetha091f8f3", "P"], ["cni0", "In"], ["flannel.1", "Out"],
        ["flannel.1", "In"], ["cni0", "Out"], ["vetha091f8f3", "Out"],
    ]  # fmt: skip
    line = shown(sim, "tcpdump -i any -nn -e -c 1 arp")[0]
    assert line == (
        "00:00:00.000002 vetha091f8f3 B   ifindex 5 0a:58:0a:02:01:24 ethertype ARP (0x0806), length 48: "
        "Request who-has 10.2.1.1 tell 10.2.1.36, length 28"
    )


def test_tcp(sim: Simulator) -> None:
    sim.trace(TraceRequest(POD, f"tcp://{FAR}:80", sport=40000))
    lines = [line.split(" ", 1)[1] for line in shown(sim, "tcpdump -i eth0 -nn tcp", "pod/default/nginx-c")]
    assert lines[:4] == [
        "IP 10.2.1.36.40000 > 10.2.2.50.80: Flags [S], seq 0, win 64860, options [mss 1410,sackOK,TS val 0 ecr 0,nop,wscale 7], length 0",
        "IP 10.2.2.50.80 > 10.2.1.36.40000: Flags [S.], seq 0, ack 1, win 64308, options [mss 1410,sackOK,TS val 0 ecr 0,nop,wscale 7], length 0",
        "IP 10.2.1.36.40000 > 10.2.2.50.80: Flags [.], ack 1, win 502, options [nop,nop,TS val 0 ecr 0], length 0",
        "IP 10.2.1.36.40000 > 10.2.2.50.80: Flags [P.], seq 1:20, ack 1, win 502, options [nop,nop,TS val 0 ecr 0], length 19: HTTP",
    ]
    verbose = shown(sim, "tcpdump -i eth0 -nn -v tcp", "pod/default/nginx-c")[1]
    assert (
        verbose.startswith("    10.2.1.36.40000 > 10.2.2.50.80: Flags [S], cksum 0x")
        and " (correct), seq 0, " in verbose
    )
    assert " > 10.2.2.50.http: Flags" in shown(sim, "tcpdump -i eth0 tcp", "pod/default/nginx-c")[0]


@pytest.mark.parametrize(
    ("setup", "line", "said"),
    [
        ("ping -c 1 -t 1 10.2.2.50", "icmp and src 10.2.1.1", "10.2.1.1 > 10.2.1.36: ICMP time exceeded in-transit, length 92"),
        ("ping -c 1 10.9.0.1", "src 10.0.0.1", "10.0.0.1 > 10.2.1.36: ICMP net 10.9.0.1 unreachable, length 92"),
        ("traceroute -N 1 -q 1 10.2.2.50", "src 10.2.2.50 and not dst port 1", "10.2.2.50 > 10.2.1.36: ICMP 10.2.2.50 udp port 33436 unreachable, length 68"),
        ("ping -c 1 -s 1500 10.2.2.50", "src 10.2.1.36", "10.2.1.36 > 10.2.2.50: ip-proto-1"),
    ],
)  # fmt: skip
def test_errors_and_fragments(sim: Simulator, setup: str, line: str, said: str) -> None:
    run(sim, POD, setup)
    assert shown(sim, f"tcpdump -nn {line}", POD)[-1].partition(" IP ")[2] == said


def test_ipip_has_no_link_layer() -> None:
    sim = Simulator(load_cluster([str(CLUSTERS / "cluster-calico-like.yaml")]))
    run(sim, POD, f"ping -c 1 {FAR}")
    node = sim.network.namespaces["k8s-node-11"]
    if "tunl0" in node.interfaces:
        lines = shown(sim, "tcpdump -i tunl0 -nn -e")
        assert lines[0].split()[1:4] == ["ip:", "10.2.1.36", ">"]


# --- filters ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        ("", 4), ("arp", 2), ("ip", 2), ("icmp", 2), ("tcp", 0), ("not arp", 2), ("! arp", 2), ("arp or icmp", 4),
        ("host 10.2.1.1", 2), ("src host 10.2.1.1", 1), ("dst 10.2.2.50", 1), ("src 10.2.2.50 or dst 10.2.1.1", 2),
        ("net 10.2.2.0/24", 2), ("net 10.2", 4), ("src net 10.2.2", 1), ("ip host 10.2.1.1", 0), ("arp host 10.2.1.1", 2),
        ("host 10.2.2.50 or 10.2.1.1", 4), ("'(arp or icmp) and not (icmp and src 10.2.2.50)'", 3),
        ("icmp and arp or arp", 2), ("arp or arp and icmp", 0), ("port 80", 0), ("'not port 80'", 4), ("udp port 53", 0),
        ("portrange 1-1024", 0), ("vxlan", 0), ("'arp && host 10.2.1.1'", 2),
    ],
)  # fmt: skip
def test_filters(sim: Simulator, expression: str, count: int) -> None:
    assert len(shown(sim, f"tcpdump -i cni0 -n {expression}")) == count


def test_a_filter_sees_the_outer_headers_only(sim: Simulator) -> None:
    assert shown(sim, "tcpdump -i eth0 -n icmp") == []
    assert len([x for x in shown(sim, "tcpdump -i eth0 -n udp port 8472") if "OTV" in x]) == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tcpdump hots 1.2.3.4", "tcpdump: can't parse filter expression: syntax error at 'hots'; did you mean 'host'?"),
        ("tcpdump host", "tcpdump: can't parse filter expression: syntax error: it ends too early"),
        ("tcpdump host nosuch", "tcpdump: unknown host 'nosuch'"),
        ("tcpdump port x", "tcpdump: unknown port 'x'"),
        ("tcpdump net 10.2.1.1/24", 'tcpdump: non-network bits set in "10.2.1.1/24"'),
        (f"tcpdump '{'(' * 1000}tcp'", "tcpdump: can't parse filter expression: podwalk: it nests deeper than 60 levels"),
        (f"tcpdump '{'not ' * 900}tcp'", "tcpdump: can't parse filter expression: podwalk: it nests deeper than 60 levels"),
        ("tcpdump '(icmp'", "tcpdump: can't parse filter expression: syntax error: it ends too early"),
        ("tcpdump icmp port 1", "tcpdump: can't parse filter expression: 'icmp port' is not legal; ports are those of tcp and udp"),
        ("tcpdump greater 100", "tcpdump: can't parse filter expression: syntax error at 'greater'"),
        ("tcpdump -i nope", "tcpdump: nope: No such device exists"),
        ("tcpdump -i eth9", "tcpdump: eth9: No such device exists; did you mean 'eth0'?"),
        ("tcpdump -c 0", "tcpdump: invalid packet count 0"),
    ],
)  # fmt: skip
def test_mistakes(sim: Simulator, line: str, said: str) -> None:
    result = run(sim, POD, line)
    assert (result.exit_code, result.stdout, result.stderr.splitlines()[0]) == (1, "", said)
    if "parse" in said:
        assert result.stderr.splitlines()[1].startswith("legal: [ip|arp|tcp|udp] [src|dst] host ADDR | ")


def test_files_are_not_written(sim: Simulator) -> None:
    result = run(sim, POD, "tcpdump -w out.pcap")
    assert (result.exit_code, result.stderr) == (
        2, "podwalk: tcpdump -w is not modelled; podwalk trace --format pcapng writes a file\n",
    )  # fmt: skip
