"""`ping` and `traceroute`: the texts are those of iputils 20221126, traceroute 2.1.2 and BusyBox 1.35 on Linux 6.18."""

from pathlib import Path

import pytest

from app.kube.clusterfile import load_cluster
from app.shell import CommandResult, execute, run
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator

CLUSTER = str(Path(__file__).parents[2] / "oracle" / "cluster-vxlan.yaml")
NODE, POD, BOX, CLIENT = "node/k8s-node-11", "pod/default/nginx-b", "pod/default/client-a", "ext/ext-client"
FAR = "10.2.2.50"


@pytest.fixture
def sim() -> Simulator:
    return Simulator(load_cluster([CLUSTER]))


def test_ping_walks_there_and_back_and_tells_each_reply(sim: Simulator) -> None:
    assert run(sim, POD, f"ping -c 2 {FAR}") == CommandResult(
        0,
        "PING 10.2.2.50 (10.2.2.50) 56(84) bytes of data.\n"
        "64 bytes from 10.2.2.50: icmp_seq=1 ttl=62 time=0.046 ms\n"
        "64 bytes from 10.2.2.50: icmp_seq=2 ttl=62 time=0.026 ms\n"
        "\n"
        "--- 10.2.2.50 ping statistics ---\n"
        "2 packets transmitted, 2 received, 0% packet loss, time 1000ms\n"
        "rtt min/avg/max/mdev = 0.026/0.036/0.046/0.010 ms\n",
        "",
    )


def test_ping_leaves_its_traces_in_the_tables(sim: Simulator) -> None:
    run(sim, POD, f"ping -c 1 {FAR}")
    assert "10.2.1.1 dev eth0 lladdr 0a:58:0a:02:01:01 REACHABLE" in run(sim, POD, "ip neigh").stdout
    assert f"src=10.2.1.36 dst={FAR} type=8" in run(sim, NODE, "conntrack -L -p icmp").stdout
    assert "arp-request" not in {h.kind for h in sim.trace(TraceRequest(POD, f"icmp://{FAR}")).hops}
    assert run(sim, POD, "ss -anw").stdout.count("UNCONN") == 0, "its socket is closed"


def test_without_c_it_stops_after_four(sim: Simulator) -> None:
    assert "\n4 packets transmitted, 4 received, 0% packet loss, time 3000ms\n" in run(sim, POD, f"ping {FAR}").stdout


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("ping -c 1 -q 10.2.2.50", ["", "--- 10.2.2.50 ping statistics ---"]),
        ("ping -c 1 -s 8 10.2.2.50", ["16 bytes from 10.2.2.50: icmp_seq=1 ttl=62", ""]),
        ("ping -c 1 -t 1 10.2.2.50", ["From 10.2.1.1 icmp_seq=1 Time to live exceeded", ""]),
        ("ping -c 1 10.9.0.1", ["From 10.0.0.1 icmp_seq=1 Destination Net Unreachable", ""]),
        ("ping -c 1 -I eth0 10.2.1.1", ["64 bytes from 10.2.1.1: icmp_seq=1 ttl=64 time=0.008 ms", ""]),
    ],
)  # fmt: skip
def test_second_and_third_line(sim: Simulator, line: str, lines: list[str]) -> None:
    assert run(sim, POD, line).stdout.splitlines()[1:3] == lines


def test_unanswered_arp_is_host_unreachable_from_oneself(sim: Simulator) -> None:
    result = run(sim, POD, "ping -c 3 -W 2 10.2.1.99")
    assert result == CommandResult(
        1,
        "PING 10.2.1.99 (10.2.1.99) 56(84) bytes of data.\n"
        "From 10.2.1.36 icmp_seq=1 Destination Host Unreachable\n"
        "From 10.2.1.36 icmp_seq=2 Destination Host Unreachable\n"
        "From 10.2.1.36 icmp_seq=3 Destination Host Unreachable\n"
        "\n"
        "--- 10.2.1.99 ping statistics ---\n"
        "3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 2000ms\n"
        "pipe 3\n",
        "",
    )


def test_the_second_too_long_packet_is_refused_at_home(sim: Simulator) -> None:
    for who, line in (
        (POD, "ip link set eth0 mtu 1500"),
        (NODE, "ip link set vetha091f8f3 mtu 1500"),
    ):
        assert run(sim, who, line).exit_code == 0
    result = run(sim, POD, f"ping -M do -s 1472 -c 2 {FAR}")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[1:] == [
        "From 10.2.1.1 icmp_seq=1 Frag needed and DF set (mtu = 1450)",
        "",
        "--- 10.2.2.50 ping statistics ---",
        "2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 1000ms",
        "",
    ]
    assert result.stderr == "ping: local error: message too long, mtu=1450\n"
    assert "mtu 1450" in run(sim, POD, f"ip route get {FAR}").stdout
    assert run(sim, POD, f"ping -M want -s 1472 -c 1 {FAR}").exit_code == 0, "what may be cut is cut before it leaves"


def test_rules_of_ones_own(sim: Simulator) -> None:
    run(sim, NODE, "iptables -A OUTPUT -d 10.0.0.12 -j REJECT")
    result = run(sim, NODE, "ping -c 1 10.0.0.12")
    assert "From 10.0.0.11 icmp_seq=1 Destination Port Unreachable\n" in result.stdout
    assert result.stderr == "ping: sendmsg: Operation not permitted\n"
    run(sim, NODE, "iptables -R OUTPUT 2 -d 10.0.0.12 -j DROP")
    run(sim, NODE, "iptables -A OUTPUT -d 10.0.0.10 -j DROP")
    dropped = run(sim, NODE, "ping -c 1 -W 1 10.0.0.10")
    assert (dropped.exit_code, dropped.stderr) == (1, "")
    assert "1 packets transmitted, 0 received, 100% packet loss, time 0ms\n" in dropped.stdout


@pytest.mark.parametrize(
    ("line", "code", "stderr"),
    [
        ("ping", 1, "ping: usage error: Destination address required\n"),
        ("ping nosuch", 2, "ping: nosuch: Name or service not known\n"),
        ("ping -c 0 10.0.0.1", 1, "ping: invalid argument: '0': out of range: 1 <= value <= 9223372036854775807\n"),
        ("ping -c x 10.0.0.1", 1, "ping: invalid argument: 'x'\n"),
        ("ping -t 300 10.0.0.1", 1, "ping: invalid argument: '300': out of range: 0 <= value <= 255\n"),
        ("ping -t 0 10.0.0.1", 2, "ping: cannot set unicast time-to-live: Invalid argument\n"),
        ("ping -M foo 10.0.0.1", 2, "ping: invalid -M argument: foo\n"),
        ("ping -I nope 10.0.0.1", 2, "ping: SO_BINDTODEVICE nope: No such device\n"),
        ("ping -I 10.9.9.9 10.0.0.1", 2, "ping: bind: Cannot assign requested address\n"),
        ("ping 10.0.0.255", 2, "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules\n"),
        ("ping -f 10.0.0.1", 2, "podwalk: ping -f is not modelled; modelled: -c -s -t -W -i -I -M -n -q -4\n"),
        ("traceroute nosuch", 2, "nosuch: Name or service not known\nCannot handle \"host\" cmdline arg `nosuch' on position 1 (argc 1)\n"),
        ("traceroute -m 300 10.0.0.1", 2, "max hops cannot be more than 255\n"),
        ("traceroute -q 11 10.0.0.1", 2, "no more than 10 probes per hop\n"),
        ("traceroute -m x 10.0.0.1", 2, "Cannot handle `-m' option with arg `x' (argc 2)\n"),
        ("traceroute -Z 10.0.0.1", 2, "Bad option `-Z' (argc 1)\n"),
        ("traceroute -T 10.0.0.1", 2, "podwalk: traceroute -T is not modelled; modelled: -n -I -F -m -q -p -w -N\n"),
    ],
)  # fmt: skip
def test_mistakes(sim: Simulator, line: str, code: int, stderr: str) -> None:
    assert run(sim, NODE, line) == CommandResult(code, "", stderr)


@pytest.mark.parametrize(
    ("route", "said"),
    [
        ("unreachable 10.50.0.0/24", "ping: connect: No route to host\n"),
        ("blackhole 10.50.0.0/24", "ping: connect: Invalid argument\n"),
        ("prohibit 10.50.0.0/24", "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules\n"),
    ],
)  # fmt: skip
def test_a_route_that_refuses_is_told_by_connect(sim: Simulator, route: str, said: str) -> None:
    run(sim, NODE, f"ip route add {route}")
    assert run(sim, NODE, "ping -c 1 10.50.0.1") == CommandResult(2, "", said)
    run(sim, NODE, "ip route del default")
    assert run(sim, NODE, "ping -c 1 9.9.9.9").stderr == "ping: connect: Network is unreachable\n"


def test_a_busybox_pod_has_busyboxs_ping_and_traceroute(sim: Simulator) -> None:
    assert run(sim, BOX, f"ping -c 1 {FAR}").stdout == (
        "PING 10.2.2.50 (10.2.2.50): 56 data bytes\n"
        "64 bytes from 10.2.2.50: seq=0 ttl=62 time=0.046 ms\n"
        "\n"
        "--- 10.2.2.50 ping statistics ---\n"
        "1 packets transmitted, 1 packets received, 0% packet loss\n"
        "round-trip min/avg/max = 0.046/0.046/0.046 ms\n"
    )
    assert run(sim, BOX, "ping -c 1 -t 1 10.2.2.50").stdout.splitlines()[1] == "", "it is silent about errors"
    assert run(sim, BOX, "ping nosuch") == CommandResult(1, "", "ping: bad address 'nosuch'\n")
    assert run(sim, BOX, f"traceroute -n {FAR}").stdout.startswith(
        "traceroute to 10.2.2.50 (10.2.2.50), 30 hops max, 46 byte packets\n 1  10.2.1.1  "
    )


def test_a_loop_of_routers_ends_and_loses_the_packet(sim: Simulator) -> None:
    run(sim, NODE, "ip route replace 10.2.3.0/24 via 10.0.0.12")
    run(sim, "node/k8s-node-12", "ip route replace 10.2.3.0/24 via 10.0.0.11")
    assert "\n2 packets transmitted, 0 received, 100% packet loss" in run(sim, POD, "ping -c 2 10.2.3.1").stdout


# --- traceroute -------------------------------------------------------------------------------------------------------


def hops(result: CommandResult) -> list[str]:
    """Return the lines after the title, times left out."""
    lines = result.stdout.splitlines()[1:]
    return [" ".join(w for n, w in enumerate(ws) if not _is_time(ws, n)) for ws in (line.split() for line in lines)]


def _is_time(words: list[str], n: int) -> bool:
    return words[n] == "ms" or words[n + 1 : n + 2] == ["ms"]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f"traceroute -n {FAR}", ["1 10.2.1.1", "2 10.2.2.0", "3 10.2.2.50"]),
        (f"traceroute -I {FAR}", ["1 10.2.1.1 (10.2.1.1)", "2 10.2.2.0 (10.2.2.0)", "3 10.2.2.50 (10.2.2.50)"]),
        ("traceroute -n 10.2.2.99", ["1 10.2.1.1", "2 10.2.2.0", "3 10.2.2.0 !H !H !H"]),
        ("traceroute -n -q 1 10.9.0.1", ["1 10.2.1.1", "2 10.0.0.1 !N"]),
        (f"traceroute -n -m 2 -q 1 {FAR}", ["1 10.2.1.1", "2 10.2.2.0"]),
        ("traceroute -n -q 1 10.2.1.36", ["1 10.2.1.36"]),
    ],
)  # fmt: skip
def test_traceroute(sim: Simulator, line: str, shown: list[str]) -> None:
    result = run(sim, POD, line)
    assert (result.exit_code, hops(result)) == (0, shown)


def test_traceroute_shows_stars_where_nobody_answers(sim: Simulator) -> None:
    run(sim, NODE, "iptables -I OUTPUT -p icmp -j DROP")
    assert hops(run(sim, POD, f"traceroute -n -q 2 {FAR}")) == ["1 * *", "2 10.2.2.0", "3 10.2.2.50"]


def test_traceroute_f_names_the_mtu_and_x_a_filter(sim: Simulator) -> None:
    for who, line in ((POD, "ip link set eth0 mtu 1500"), (NODE, "ip link set vetha091f8f3 mtu 1500")):
        run(sim, who, line)
    assert hops(run(sim, POD, f"traceroute -n -q 1 -F {FAR} 1500")) == ["1 10.2.1.1", "2 10.2.1.1 !F-1450"]
    run(sim, NODE, "iptables -I FORWARD -j REJECT --reject-with icmp-admin-prohibited")
    assert hops(run(sim, POD, f"traceroute -n -q 1 {FAR}"))[-1] == "2 10.2.1.1 !X"


def test_traceroute_to_a_service_shows_its_address_where_a_router_answers(sim: Simulator) -> None:
    """The node turns the outer source of errors back too: facts of the captured kernel, number 27."""
    assert hops(run(sim, POD, "traceroute -n -q 1 -p 53 -m 1 10.1.0.10")) == ["1 10.1.0.10"]


def test_commands_are_listed_by_help() -> None:
    simulator = Simulator(load_cluster([CLUSTER]))
    shown = execute(simulator.network.namespaces["k8s-node-11"], "help").stdout
    assert {"ping", "traceroute", "netstat", "tcpdump"} <= {line.split()[0] for line in shown.splitlines()}
