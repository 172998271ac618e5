"""Golden traces: the text form of whole walks, read and agreed by eye. `python -m tests.golden.test_golden` writes them anew."""

from pathlib import Path

import pytest

from app.cli.tracetext import trace_text
from app.kube.clusterfile import load_cluster
from app.shell import run
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator

HERE = Path(__file__).parent
ORACLE = HERE.parent / "oracle"

#: name: (mode, commands that come first, the question)
WALKS: dict[str, tuple[str, list[tuple[str, str]], TraceRequest]] = {
    "same-node-ping": ("vxlan", [], TraceRequest("pod/default/client-a", "icmp://10.2.1.37")),
    "cross-node-ping-vxlan": ("vxlan", [], TraceRequest("pod/default/client-a", "icmp://10.2.2.50")),
    "cross-node-tcp-host-gw": ("host-gw", [], TraceRequest("pod/default/client-a", "tcp://10.2.2.50:80", sport=41001)),
    "closed-port": ("host-gw", [], TraceRequest("pod/default/client-a", "udp://10.2.1.37:5353", sport=41002)),
    "missing-pod": ("vxlan", [], TraceRequest("pod/default/client-a", "icmp://10.2.1.99")),
    "ttl-1": ("vxlan", [], TraceRequest("pod/default/client-a", "icmp://10.2.2.50", ttl=1)),
    "no-vtep": (
        "vxlan",
        [("node/k8s-node-11", "bridge fdb del 0e:f1:0a:02:02:00 dev flannel.1 dst 10.0.0.12 self")],
        TraceRequest("pod/default/client-a", "icmp://10.2.2.50"),
    ),
    "too-long": ("vxlan", [], TraceRequest("node/k8s-node-11", "icmp://10.2.2.50", size=1472, df=True)),
    "no-way-back": (
        "vxlan",
        [("node/k8s-node-12", "ip route del 10.2.1.0/24")],
        TraceRequest("pod/default/client-a", "icmp://10.2.2.50"),
    ),
}


def walk_text(name: str) -> str:
    """Return the walk's text."""
    mode, commands, request = WALKS[name]
    simulator = Simulator(load_cluster([str(ORACLE / f"cluster-{mode}.yaml")]))
    for who, line in commands:
        assert run(simulator, who, line).exit_code == 0
    return trace_text(simulator.trace(request), everything=True)


@pytest.mark.parametrize("name", WALKS)
def test_walk_is_the_one_that_was_agreed(name: str) -> None:
    assert walk_text(name) == (HERE / f"{name}.txt").read_text(encoding="utf-8")


def test_no_golden_walk_is_left_over() -> None:
    assert {p.stem for p in HERE.glob("*.txt")} == set(WALKS)


if __name__ == "__main__":
    for each in WALKS:
        (HERE / f"{each}.txt").write_text(walk_text(each), encoding="utf-8")
