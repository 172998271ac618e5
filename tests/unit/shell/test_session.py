"""Lines one after the other: what is kept between them, shells inside shells, limits, and the trace of a line."""

from __future__ import annotations

import pytest

from app.core.limits import all_limits
from app.kube.clusterfile import load_cluster_text
from app.shell import Session, open_terminal, run
from app.sim.simulator import Simulator

CLUSTER = """\
apiVersion: podwalk.dev/v1
kind: Cluster
spec: {addons: []}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {nodeName: k8s-node-11, containers: [{name: main, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {nodeName: k8s-node-12, containers: [{name: main, image: curlimages/curl, command: [sleep, infinity]}]}
"""
MASTER, CLIENT = "node/k8s-master-10", "pod/default/client"


@pytest.fixture
def sim() -> Simulator:
    return Simulator(load_cluster_text(CLUSTER))


def typed(session: Session, *lines: str) -> list[str]:
    return [session.feed(line).stdout for line in lines]


def test_variables_directory_and_history_are_kept(sim: Simulator) -> None:
    session = Session(open_terminal(sim, MASTER))
    assert typed(session, "x=1", "cd /tmp", "echo $x $PWD", "history") == [
        "", "", "1 /tmp\n", "    1  x=1\n    2  cd /tmp\n    3  echo $x $PWD\n    4  history\n",
    ]  # fmt: skip
    assert session.prompt == "[root@k8s-master-10 /tmp]# "


def test_an_open_quote_loop_or_here_document_waits_for_more_lines(sim: Simulator) -> None:
    session = Session(open_terminal(sim, MASTER))
    assert typed(session, "for i in 1 2", "do echo $i", "done") == ["", "", "1\n2\n"]
    session.feed("cat > f <<END")
    assert session.prompt == "> "
    assert typed(session, "one", "END", "cat f") == ["", "", "one\n"]


def test_a_shell_in_a_pod_takes_the_next_lines_until_exit(sim: Simulator) -> None:
    session = Session(open_terminal(sim, MASTER))
    assert typed(session, "kubectl exec -it web -- sh", "hostname", "cd /usr; pwd", "exit", "hostname") == [
        "", "web\n", "/usr\n", "", "k8s-master-10\n",
    ]  # fmt: skip
    session.feed("exit 3")
    assert session.is_over


def test_a_page_written_in_a_pod_is_served(sim: Simulator) -> None:
    line = "kubectl exec web -- bash -c 'echo mine > /usr/share/nginx/html/index.html'"
    assert run(sim, MASTER, line).exit_code == 0
    address = run(sim, "pod/default/web", "hostname -i").stdout.split()[0]
    assert run(sim, CLIENT, f"curl -s http://{address}/").stdout == "mine\n"


def test_what_is_written_into_resolv_conf_and_proc_sys_is_read_by_the_model(sim: Simulator) -> None:
    assert (
        run(sim, CLIENT, "echo 203.0.113.1 over.there >> /etc/hosts; getent hosts over.there").stdout.split()[0]
        == "203.0.113.1"
    )
    run(sim, "node/k8s-node-11", "echo 0 > /proc/sys/net/ipv4/ip_forward")
    assert run(sim, "node/k8s-node-11", "sysctl -n net.ipv4.ip_forward").stdout == "0\n"
    refused = run(sim, "node/k8s-node-11", "echo nope > /proc/sys/net/ipv4/ip_forward")
    assert (refused.exit_code, refused.stderr) == (1, "bash: /proc/sys/net/ipv4/ip_forward: Invalid argument\n")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("while true; do :; done", "goes round in loops more than 1,000 times"),
        ("echo {1..9999}", "a command with more than 4096 words"),
        ("sleep 9999", "at most 3600 virtual seconds a line"),
        ("f() { f; }; f", "syntax error"),
        (" | ".join(["cat"] * 17), "joins more than 16 commands"),
        ("x=a; for i in {1..40}; do x=$x$x; done; echo $x | wc -c", ""),
        ("echo 'bash s' > s; bash s", "nests deeper than"),
    ],
)
def test_a_line_ends_at_its_limits(sim: Simulator, line: str, said: str) -> None:
    result = run(sim, MASTER, line)
    assert said in result.stderr
    assert result.exit_code in (0, 1, 2) if not said else result.exit_code != 0


def test_a_line_that_sends_packets_returns_its_trace(sim: Simulator) -> None:
    address = run(sim, "pod/default/web", "hostname -i").stdout.split()[0]
    trace = run(sim, CLIENT, f"ping -c 2 {address} | tail -1; curl -s http://{address}/ | head -1").trace
    assert trace is not None
    assert (trace.from_, trace.to) == (CLIENT, f"icmp://{address}")
    assert (trace.verdict.outcome, trace.verdict.http_status, trace.verdict.sender_learns) == (
        "delivered",
        200,
        "answered",
    )
    assert {hop.netns for hop in trace.hops} >= {CLIENT, "pod/default/web", "k8s-node-11", "k8s-node-12"}
    assert len({sighting.packet for sighting in trace.sightings}) > 6


@pytest.mark.parametrize(
    ("line", "outcome"), [("curl -s http://{}:81/", "refused"), ("ping -c 1 10.2.1.99", "unreachable")]
)
def test_the_verdict_of_a_line_is_that_of_its_last_flow(sim: Simulator, line: str, outcome: str) -> None:
    address = run(sim, "pod/default/web", "hostname -i").stdout.split()[0]
    trace = run(sim, CLIENT, line.format(address)).trace
    assert trace is not None
    assert trace.verdict.outcome == outcome


def test_a_line_that_sends_nothing_has_no_trace(sim: Simulator) -> None:
    assert run(sim, CLIENT, "hostname; ip route").trace is None


def test_a_line_whose_packets_walk_without_end_is_stopped(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(all_limits(), "terminal.hops", 200)
    assert run(sim, MASTER, "for i in 1 2; do ping -c 1 10.0.0.11 > /dev/null; done; echo $?").stdout == "0\n"
    endless = run(sim, MASTER, "for i in {1..900}; do ping -c 5 10.0.0.11 > /dev/null; done")
    said = "podwalk: the line sends packets over more than 200 hops; it was stopped here\n"
    assert (endless.exit_code, endless.stderr) == (2, said)


def test_a_tree_deeper_than_python_calls_itself_can_be_removed(sim: Simulator) -> None:
    session = Session(open_terminal(sim, MASTER))
    assert session.feed(f"mkdir -p /tmp/{'b/' * 1500}c; echo x > /tmp/b/f; rm -r /tmp/b; ls /tmp").stderr == ""
    assert session.feed("ls /tmp").stdout == ""


def test_awk_takes_the_whole_number_of_a_field(sim: Simulator) -> None:
    assert run(sim, MASTER, "echo a b | awk '{print $2, $99999999999}'").stdout == "b \n"


def test_curl_with_addresses_without_end_is_stopped(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(all_limits(), "terminal.hops", 200)
    endless = run(sim, MASTER, "curl 10.0.0.11:81/{1..3000}")
    assert endless.stderr == "podwalk: the line sends packets over more than 200 hops; it was stopped here\n"
