"""Names on the way: every DNS packet walks, every answer has its proof, retries take the time that they take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.core.dnsmessage import Message, Question, Record, decode
from app.dataplane.headers import IPv4, Payload, Udp
from app.kube.clusterfile import load_cluster_text
from app.shell import run
from app.sim.capture import capture
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator, who_of
from app.sim.trace import DnsLayer, Trace
from app.workloads.dns.transport import MOST_PLAIN, fitted
from tests.oracle import tshark

CLUSTER = """\
apiVersion: podwalk.dev/v1
kind: Cluster
spec:
  nodes: [{name: n1, ip: 10.0.0.11}, {name: n2, ip: 10.0.0.12}]
  addons: [coredns]
  upstreamDNS: {www.example.com.: {A: [192.0.2.53]}, alias.example.com: {CNAME: [www.example.com]}}
"""
MANY = ",".join(f"{{addresses: [10.9.{n // 250}.{n % 250 + 1}]}}" for n in range(120))
OBJECTS = f"""\
---
{{apiVersion: v1, kind: Pod, metadata: {{name: client}}, spec: {{nodeName: n1, containers: [{{name: c, image: debian}}]}}}}
---
{{apiVersion: v1, kind: Pod, metadata: {{name: box}}, spec: {{nodeName: n1, containers: [{{name: c, image: busybox}}]}}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: web, labels: {{app: web}}}}
spec: {{nodeName: n2, containers: [{{name: c, image: nginx}}]}}
---
{{apiVersion: v1, kind: Service, metadata: {{name: web}}, spec: {{selector: {{app: web}}, ports: [{{name: http, port: 80}}]}}}}
---
{{apiVersion: v1, kind: Service, metadata: {{name: flat}}, spec: {{clusterIP: None, selector: {{app: web}}, ports: [{{port: 80}}]}}}}
---
{{apiVersion: v1, kind: Service, metadata: {{name: site}}, spec: {{type: ExternalName, externalName: alias.example.com}}}}
---
{{apiVersion: v1, kind: Service, metadata: {{name: many}}, spec: {{clusterIP: None, ports: [{{name: p, port: 80}}]}}}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: many-1, labels: {{kubernetes.io/service-name: many}}}}
addressType: IPv4
ports: [{{name: p, port: 80}}]
endpoints: [{MANY}]
"""
CLIENT, BOX = "pod/default/client", "pod/default/box"
SECOND = 1_000_000


def lab(more: str = "", seed: int = 0) -> Simulator:
    return Simulator(load_cluster_text(CLUSTER + OBJECTS + more), seed)


def ask(simulator: Simulator, to: str, sender: str = CLIENT, **options: Any) -> Trace:
    return simulator.trace(TraceRequest(sender, to, **options))


def typed(line: str, who: str = CLIENT, simulator: Simulator | None = None) -> tuple[int, str]:
    result = run(simulator or lab(), who, line)
    return result.exit_code, result.stdout + result.stderr


@pytest.mark.parametrize(
    "name",
    ["web", "flat", "site", "nope", "www.example.com", "10-2-0-9.default.pod", "nothing.example.com", "web.gone"],
)
def test_what_decided_an_answer_is_printed_where_it_was_decided(name: str) -> None:
    simulator = lab()
    hops = [hop for hop in ask(simulator, f"dns://{name}").hops if hop.kind in ("dns-query", "dns-answer")]
    assert {hop.kind for hop in hops} == {"dns-query", "dns-answer"}
    for hop in hops:
        assert hop.evidence is not None
        printed = run(simulator, who_of(simulator.network.namespaces[hop.netns]), hop.evidence.tool)
        assert hop.evidence.entry in printed.stdout, f"{hop.evidence.entry!r} is not in `{hop.evidence.tool}`"
        assert hop.evidence.entry or hop.evidence.skipped


def test_the_same_question_gives_the_same_trace() -> None:
    assert ask(lab(), "http://web/") == ask(lab(), "http://web/")


def test_a_name_in_a_url_is_looked_up_first_and_then_the_flow_is_as_with_the_address() -> None:
    simulator = lab()
    trace = ask(simulator, "tcp://web:80")
    assert (trace.verdict.outcome, trace.verdict.at) == ("delivered", "pod/default/web")
    kinds = [hop.kind for hop in trace.hops]
    assert (
        kinds.index("dns-query") < kinds.index("dns-answer") < max(n for n, kind in enumerate(kinds) if kind == "dnat")
    )
    pinged = ask(lab(), "icmp://flat")
    assert pinged.verdict.sender_learns == "echo-reply"


def test_a_lookup_tells_the_code_of_its_answer() -> None:
    simulator = lab()
    verdict = ask(simulator, "dns://web").verdict
    assert (verdict.outcome, verdict.sender_learns, verdict.rcode) == ("delivered", "answered", "NOERROR")
    assert verdict.answered_by is not None
    assert verdict.answered_by.startswith("pod/kube-system/coredns-")
    missing = ask(simulator, "http://nope/").verdict
    assert (missing.outcome, missing.sender_learns, missing.rcode) == ("name-not-found", "name-not-found", "NXDOMAIN")


def test_where_no_query_arrives_nobody_finds_a_name() -> None:
    simulator = lab()
    assert run(simulator, "node/n1", "iptables -I FORWARD -p udp --dport 53 -j DROP").exit_code == 0
    trace = ask(simulator, "tcp://web:80")
    assert (trace.verdict.outcome, trace.verdict.sender_learns) == ("timed-out", "timeout")
    times = [hop.t_us // SECOND for hop in trace.hops if hop.kind == "dns-query"]
    assert sorted(set(times)) == [0, 5, 10, 15], (
        "two tries of five seconds: of the first name, then of the name as it is"
    )


def test_a_refused_query_ends_the_search_at_once() -> None:
    simulator = lab()
    assert run(simulator, "node/n1", "iptables -I FORWARD -p udp --dport 53 -j REJECT").exit_code == 0
    trace = ask(simulator, "tcp://web:80")
    assert trace.hops[-1].t_us < SECOND
    names = {hop.caption.params["name"] for hop in trace.hops if hop.kind == "dns-query"}
    assert names == {"web.default.svc.cluster.local"}


def test_the_second_try_comes_from_the_same_port() -> None:
    simulator = lab()
    assert run(simulator, "node/n1", "iptables -I FORWARD -p udp --dport 53 -j DROP").exit_code == 0
    trace = ask(simulator, "dns://web.default.svc.cluster.local.")
    ports = {s.l4["sport"] for s in trace.sightings if s.netns == CLIENT and s.direction == "tx" and s.l4}
    assert len(ports) == 1


def test_an_answer_is_kept_for_thirty_seconds_and_its_ttl_counts_down() -> None:
    simulator = lab()
    last = [name for name in simulator.live.machines if name.startswith("pod/kube-system/coredns")][-1]
    address = str(simulator.live.machines[last].netns.interfaces["eth0"].addresses[0].interface.ip)

    def ttl(line: str) -> int:
        return int(typed(f"dig @{address} +noall {line}", simulator=simulator)[1].split()[1])

    for line in ("+answer web.default.svc.cluster.local", "+authority nope.default.svc.cluster.local"):
        before_us = simulator.clock.now_us
        assert ttl(line) == 30
        simulator.clock.run_until(before_us + 22 * SECOND + SECOND // 2)
        assert ttl(line) == 8
        simulator.clock.run_until(before_us + 31 * SECOND)
        assert ttl(line) == 30


def test_a_long_answer_is_cut_over_udp_and_whole_over_tcp() -> None:
    simulator = lab()
    plain = typed("dig +noedns +ignore +noall +answer many.default.svc.cluster.local", simulator=simulator)[1]
    assert plain.count(" A ") + plain.count("A  ") > 0
    assert len([line for line in plain.splitlines() if "10.9." in line]) == 120
    trace = ask(simulator, "dns://many")
    layers = [layer for hop in trace.hops for layer in hop.headers if isinstance(layer, DnsLayer)]
    assert any("tc" in layer.flags.split() for layer in layers)
    assert any(hop.caption.code == "accept-tcp" and hop.netns.startswith("pod/kube-system") for hop in trace.hops)


def test_an_answer_that_does_not_fit_says_so() -> None:
    records = tuple(Record("many.example.", "A", 30, f"10.9.0.{n}") for n in range(200))
    message = Message(id=1, is_response=True, questions=(Question("many.example.", "A"),), answers=records)
    data = fitted(message, MOST_PLAIN)
    assert len(data) <= MOST_PLAIN
    assert decode(data).is_truncated


def test_wireshark_reads_every_dns_packet(tmp_path: Path) -> None:
    tshark.require()
    simulator = lab()
    trace = ask(simulator, "dns://site")
    file = tmp_path / "dns.pcapng"
    file.write_bytes(capture(trace, simulator.packets, simulator.cluster.spec.clock, "en"))
    assert tshark.run(file, "-Y", tshark.BAD) == []
    rows = tshark.run(
        file,
        "-Y",
        "dns",
        "-T",
        "fields",
        "-e",
        "dns.qry.name",
        "-e",
        "dns.flags.rcode",
        "-e",
        "dns.a",
        "-e",
        "dns.cname",
    )
    names = {row.split("\t")[0] for row in rows}
    assert {"site.default.svc.cluster.local", "alias.example.com"} <= names
    assert any(row.endswith("192.0.2.53\talias.example.com,www.example.com") for row in rows)


def test_tcpdump_reads_dns_as_the_real_one_does() -> None:
    """Printed by tcpdump 4.99.3 for our own capture of such a lookup."""
    simulator = lab()
    run(simulator, CLIENT, "getent ahosts site")
    text = run(simulator, CLIENT, "tcpdump -n -i eth0 port 53").stdout
    lines = [line.partition(": ")[2] for line in text.splitlines()]
    assert any(line.endswith("+ A? site.default.svc.cluster.local. (48)") for line in lines)
    answers = "CNAME alias.example.com., CNAME www.example.com., A 192.0.2.53"
    assert any(f"*- 3/0/0 {answers} (" in line for line in lines)
    run(simulator, CLIENT, "getent hosts nope.")
    assert " NXDomain 0/1/0 (" in run(simulator, CLIENT, "tcpdump -n -i eth0 port 53").stdout


# --- the tools: printed by the real ones for the same answers ----------------------------------------------------------


def test_dig_prints_what_the_real_one_prints() -> None:
    code, text = typed("dig web.default.svc.cluster.local")
    lines = text.splitlines()
    assert code == 0
    assert lines[:6] == [
        "",
        "; <<>> DiG 9.18.49-1~deb12u3-Debian <<>> web.default.svc.cluster.local",
        ";; global options: +cmd",
        ";; Got answer:",
        ";; WARNING: .local is reserved for Multicast DNS",
        ";; You are currently testing what happens when an mDNS query is leaked to DNS",
    ]
    assert lines[7:11] == [
        ";; flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1",
        ";; WARNING: recursion requested but not available",
        "",
        ";; OPT PSEUDOSECTION:",
    ]
    assert lines[-4:-1] == [
        ";; SERVER: 10.1.0.10#53(10.1.0.10) (UDP)",
        ";; WHEN: Thu Jan 01 00:00:00 UTC 2026",
        ";; MSG SIZE  rcvd: 115",
    ]


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("dig +short site.default.svc.cluster.local", 0, "alias.example.com.\nwww.example.com.\n192.0.2.53\n"),
        ("dig +short web +search", 0, "10.1.0.2\n"),
        ("dig a..b", 10, "dig: 'a..b' is not a legal name (empty label)\n"),
        ("dig @nowhere web", 1, "dig: couldn't get address for 'nowhere': not found\n"),
        ("host web", 0, "web.default.svc.cluster.local has address 10.1.0.2\n"),
        ("host nope", 1, "Host nope not found: 3(NXDOMAIN)\n"),
        ("host -t aaaa web", 0, "web.default.svc.cluster.local has no AAAA record\n"),
        ("getent hosts web", 0, "10.1.0.2        web.default.svc.cluster.local\n"),
        ("getent hosts nope", 2, ""),
        ("ping -c 1 nope", 2, "ping: nope: Name or service not known\n"),
        ("traceroute -n -m 1 -q 1 10.2.0.1", 0, None),
    ],
)
def test_tools_answer_in_the_real_ones_words(line: str, code: int, said: str | None) -> None:
    found = typed(line)
    assert found[0] == code
    assert said is None or found[1] == said


def test_busyboxs_nslookup_has_no_ndots() -> None:
    """A short name is asked for in every search domain, one with a dot only as it is (seen with BusyBox 1.35)."""
    code, text = typed("nslookup web", BOX)
    assert code == 1
    assert "Name:" in text
    assert "** server can't find web.svc.cluster.local: NXDOMAIN" in text
    assert typed("nslookup web.default", BOX)[0] == 1
    assert typed("nslookup web.default")[0] == 0


def test_nothing_that_is_typed_at_a_dns_tool_raises() -> None:
    simulator = lab()
    for name in ("dig", "host", "nslookup", "getent"):
        for words in (
            "",
            "-x",
            "-t",
            "+time=",
            "@",
            "-type=",
            "-p x",
            "hosts",
            "\\",
            "." * 300,
            "x" * 300,
            "é",
            "-c CH a",
        ):
            assert isinstance(run(simulator, CLIENT, f"{name} {words}").exit_code, int)


def test_queries_are_real_packets_with_their_own_size() -> None:
    simulator = lab()
    ask(simulator, "dns://web")
    sizes = set()
    for packet in simulator.packets:
        ip = packet.net
        if isinstance(ip, IPv4) and isinstance(ip.payload, Udp) and isinstance(ip.payload.payload, Payload):
            payload = ip.payload.payload
            assert payload.size == len(payload.data)
            sizes.add(ip.length)
    assert 28 + 12 + len("web.default.svc.cluster.local") + 2 + 4 in sizes
