"""`conntrack` chooses connections, and refuses what conntrack-tools 1.4.7 refused on Linux, in its words."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.kube.clusterfile import load_cluster
from app.shell import CommandResult, run
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator

CLUSTER = str(Path(__file__).parents[2] / "oracle" / "cluster-vxlan.yaml")
NODE = "node/k8s-node-11"
SAYS = "conntrack v1.4.7 (conntrack-tools): "
TRY = "\nTry `conntrack -h' or 'conntrack --help' for more information.\n"


@pytest.fixture
def sim() -> Simulator:
    simulator = Simulator(load_cluster([CLUSTER]))
    simulator.trace(TraceRequest("pod/default/client-a", "icmp://10.2.2.50"))
    assert run(simulator, NODE, "conntrack -C").stdout != "0\n"
    return simulator


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("-D -s", "option `-s' requires an argument"),
        ("-L --reply-src", "option `--reply-src' requires an argument"),
        ("-L -p", "option `-p' requires an argument"),
        ("-L -p zzz", "`zzz' unsupported protocol"),
        ("-L -p 300", "`300' unsupported protocol"),
        ("-L -p ''", "`' unsupported protocol"),
        ("-F x", "unknown type `x'"),
        ("-L extra words", "unknown type `extra'"),
        ("-F -s 10.0.0.1", "Illegal option `--src' with this command"),
        ("-C -p tcp", "Illegal option `--protonum' with this command"),
        ("-s 10.0.0.1", "Illegal option `--src' with this command"),
        ("-L -s 10.0.0.300", "Invalid IP address `10.0.0.300'"),
        ("-L -d ''", "Invalid IP address `'"),
        ("-L -s 10.0.0.0/99", "Invalid netmask"),
        ("-L -d 10.0.0.1/x", "Invalid netmask"),
        ("-L -r 10.0.0.1/24", "CIDR notation unavailable for `--reply-src'"),
        ("-L -s 10.0.0.1 -s ::1", "mismatched address family"),
        ("-L --sport 80", "unknown option `--sport'"),
        ("-L --dport 80 -p tcp", "unknown option `--dport'"),
        ("-L -p icmp --sport 1", "unknown option `--sport'"),
        ("-L -p tcp --dport", "option `--dport' requires an argument"),
        ("-L -p tcp --state established", "unknown TCP state `established'"),
        ("-L -p udp --state ESTABLISHED", "unknown option `--state'"),
        ("-L --bogus", "unknown option `--bogus'"),
        ("-Z", "unknown option `-Z'"),
        ("-L -D", "Invalid commands combination"),
    ],
)
def test_a_refusal_is_the_real_one_and_nothing_is_forgotten(sim: Simulator, words: str, said: str) -> None:
    before = run(sim, NODE, "conntrack -L").stdout
    assert run(sim, NODE, f"conntrack {words}") == CommandResult(2, "", f"{SAYS}{said}{TRY}")
    assert run(sim, NODE, "conntrack -L").stdout == before


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("-p icmp", True), ("-p ICMP", True), ("-p 1", True), ("-picmp", True), ("-p tcp", False), ("-p 99", False),
        ("-s 10.2.1.20", True), ("--src=10.2.1.20", True), ("-s 10.2.1.0/24", True), ("-s 10.2.9.0/24", False),
        ("-s 0/0", True), ("-d 10.2.2.50 -s 10.2.1.20", True), ("-d 10.2.1.20", False), ("-r 10.2.2.50", True),
        ("-q 10.2.1.20", True), ("-s ::1", False), ("-p tcp --sport abc", False), ("-p tcp --state ESTABLISHED", False),
        ("conntrack words", True),
    ],
)  # fmt: skip
def test_filters_choose(sim: Simulator, words: str, is_found: bool) -> None:
    result = run(sim, NODE, f"conntrack -L {words}")
    assert result.exit_code == 0
    assert ("icmp" in result.stdout) == is_found


def test_a_filter_before_the_command_counts_too(sim: Simulator) -> None:
    assert run(sim, NODE, "conntrack -p tcp -L").stderr == f"{SAYS}0 flow entries have been shown.\n"


def test_delete_forgets_what_it_names_and_flush_the_rest(sim: Simulator) -> None:
    nothing = run(sim, NODE, "conntrack -D -s 10.9.0.0/16")
    assert nothing == CommandResult(1, "", f"{SAYS}0 flow entries have been deleted.\n")
    deleted = run(sim, NODE, "conntrack -D -s 10.2.1.20 -p icmp")
    assert deleted.exit_code == 0
    assert "src=10.2.1.20" in deleted.stdout
    assert "src=10.2.1.20 dst=10.2.2.50" not in run(sim, NODE, "conntrack -L").stdout
    assert run(sim, NODE, "conntrack -F").stderr == f"{SAYS}connection tracking table has been emptied.\n"
    assert run(sim, NODE, "conntrack -C").stdout == "0\n"


@pytest.mark.parametrize("words", ["-E", "-L -o extended", "-L -m 1", "-L expect", "-L dying", "-L -u ASSURED"])
def test_what_is_not_modelled_is_said(sim: Simulator, words: str) -> None:
    result = run(sim, NODE, f"conntrack {words}")
    assert (result.exit_code, "is not modelled" in result.stderr) == (2, True)


@pytest.mark.parametrize("words", ["", "-h", "--help", "help"])
def test_help_names_what_is_modelled(sim: Simulator, words: str) -> None:
    result = run(sim, NODE, f"conntrack {words}")
    assert (result.exit_code, "Usage: conntrack" in result.stdout) == (0, True)
