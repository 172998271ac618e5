"""A path that is narrower than its ends think: Pods at 1500 bytes on a tunnel that takes 1450."""

import pytest

from app.kube.clusterfile import load_cluster
from app.shell import run
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator
from app.sim.trace import Trace
from tests.flows.test_evidence import problems_of
from tests.oracle.test_captures import HERE

NODES, CLIENT, SERVER = ("node/k8s-node-11", "node/k8s-node-12"), "pod/default/client-a", "pod/default/nginx-c"
TO = "tcp://10.2.2.50:80"


@pytest.fixture
def sim() -> Simulator:
    """Return the cluster with every Pod's cable at the underlay's 1500 bytes, as a CNI plugin set up wrongly has it."""
    simulator = Simulator(load_cluster([str(HERE / "cluster-vxlan.yaml")]))
    for who in (CLIENT, SERVER):
        assert run(simulator, who, "ip link set eth0 mtu 1500").exit_code == 0
    for who in NODES:
        netns = simulator.network.namespaces[who.removeprefix("node/")]
        for name in [n for n in netns.interfaces if n.startswith("veth")]:
            assert run(simulator, who, f"ip link set {name} mtu 1500").exit_code == 0
    return simulator


def ask(sim: Simulator, to: str = TO, size: int = 4000) -> Trace:
    return sim.trace(TraceRequest(CLIENT, to, size=size))


def test_tcp_finds_the_path_and_gets_through(sim: Simulator) -> None:
    trace = ask(sim)
    assert (trace.verdict.outcome, trace.verdict.sender_learns) == ("delivered", "connected")
    exceeded = next(h for h in trace.hops if h.kind == "mtu-exceeded")
    assert exceeded.evidence is not None
    assert (exceeded.netns, exceeded.interface) == ("k8s-node-11", "flannel.1")
    assert " mtu 1450 " in exceeded.evidence.entry
    [under] = exceeded.evidence.skipped
    assert under.entry.startswith("2: eth0: ") and " mtu 1500 " in under.entry
    assert under.because == "1500 - 50 = 1450: Ethernet 14 + VXLAN 8 + UDP 8 + IPv4 20 go around the packet"
    again = [h for h in trace.hops if h.kind == "retransmit"]
    assert {h.caption.code for h in again} == {"retransmit-smaller"}
    assert {h.evidence.tool for h in again if h.evidence} == {"ip route get 10.2.2.50"}


def test_the_next_connection_needs_no_telling(sim: Simulator) -> None:
    ask(sim)
    trace = ask(sim)
    assert trace.verdict.outcome == "delivered"
    assert not {"mtu-exceeded", "retransmit"} & {h.kind for h in trace.hops}


def test_every_entry_that_is_cited_is_what_the_tool_prints_then(sim: Simulator) -> None:
    assert problems_of(sim, TraceRequest(CLIENT, TO, size=4000)) == []
    assert problems_of(sim, TraceRequest(CLIENT, "icmp://10.2.2.50", size=1472, df=True)) == []
    assert problems_of(sim, TraceRequest(CLIENT, "udp://10.2.2.50:53", size=1460)) == []


def test_flushing_the_cache_makes_the_sender_learn_again(sim: Simulator) -> None:
    ask(sim)
    assert run(sim, CLIENT, "ip route flush cache").exit_code == 0
    assert "mtu-exceeded" in {h.kind for h in ask(sim).hops}


@pytest.mark.parametrize(
    ("who", "rule", "at"),
    [
        (CLIENT, "iptables -A INPUT -p icmp -j DROP", CLIENT),
        (NODES[0], "iptables -I OUTPUT -p icmp -j DROP", "k8s-node-11"),
    ],
    ids=["client drops it", "router sends none"],
)
def test_black_hole(sim: Simulator, who: str, rule: str, at: str) -> None:
    """The handshake fits, data does not, and who could tell is silenced: the connection hangs and the verdict says why."""
    assert run(sim, who, rule).exit_code == 0
    trace = ask(sim)
    verdict = trace.verdict
    assert (verdict.outcome, verdict.sender_learns, verdict.at, verdict.leg) == (
        "timed-out", "handshake-only", at, "icmp-error",
    )  # fmt: skip
    assert verdict.caption.code == "rule-drop" or "DROP" in verdict.why
    tried = [h for h in trace.hops if h.kind == "retransmit"]
    assert {h.caption.code for h in tried} == {"retransmit"} and len(tried) >= 3
    assert ask(sim, size=100).verdict.outcome == "delivered", "small things get through"


def test_second_too_long_echo_is_refused_at_home(sim: Simulator) -> None:
    request = TraceRequest(CLIENT, "icmp://10.2.2.50", size=1472, df=True)
    first, second = sim.trace(request), sim.trace(request)
    assert [t.verdict.sender_learns for t in (first, second)] == ["icmp-frag-needed", "EMSGSIZE"]
    refused = second.hops[-1]
    assert refused.kind == "mtu-exceeded" and refused.evidence is not None
    assert refused.evidence.entry.startswith("cache expires ") and refused.evidence.entry.endswith(" mtu 1450")


def test_udp_is_told_once_and_then_cut_at_home(sim: Simulator) -> None:
    assert run(sim, "pod/default/nginx-c", "ip link show eth0").exit_code == 0
    first = ask(sim, "udp://10.2.2.50:53", 1460)
    assert first.verdict.sender_learns == "EMSGSIZE"
    second = ask(sim, "udp://10.2.2.50:53", 1460)
    assert [h.netns for h in second.hops if h.kind == "fragment"][:1] == [CLIENT]
    assert second.verdict.sender_learns == "ECONNREFUSED", "nobody listens there: it has arrived"


def test_a_nodes_own_connection_to_a_service_learns_on_the_way_that_dnat_chose() -> None:
    """The default route takes 1500, the endpoint's tunnel 1450: only after OUTPUT does the kernel see it."""
    simulator = Simulator(load_cluster([str(HERE / "cluster-vxlan.yaml")]))
    netns = simulator.network.namespaces["k8s-node-12"]
    for who, name in ((SERVER, "eth0"), *((NODES[1], n) for n in netns.interfaces if n.startswith("veth"))):
        run(simulator, who, f"ip link set {name} mtu 1500")
    request = TraceRequest(NODES[0], "tcp://10.1.15.2:80", size=3000, pick=("default/nginx-c",))
    trace = simulator.trace(request)
    assert trace.verdict.outcome == "delivered"
    exceeded = next(h for h in trace.hops if h.kind == "mtu-exceeded")
    assert (exceeded.netns, exceeded.interface, exceeded.stage) == ("k8s-node-11", "flannel.1", "output")
    assert "mtu 1450" in run(simulator, NODES[0], "ip route get 10.1.15.2").stdout
