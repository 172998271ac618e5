"""`netstat` in the form of net-tools 2.10: the same sockets as `ss`, the same routes as `ip route`."""

from pathlib import Path

import pytest

from app.kube.clusterfile import load_cluster
from app.shell import CommandResult, run
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator

CLUSTER = Path(__file__).parents[2] / "oracle" / "cluster-vxlan.yaml"
NODE, POD = "node/k8s-node-11", "pod/default/nginx-b"
HEADER = (
    "Active Internet connections (only servers)\n"
    "Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name    \n"
)


def cluster(tmp_path: Path, version: str) -> Simulator:
    path = tmp_path / "cluster.yaml"
    text = CLUSTER.read_text(encoding="utf-8")
    assert 'kubernetesVersion: "1.34"' in text
    text = text.replace('kubernetesVersion: "1.34"', f'kubernetesVersion: "{version}"')
    if version == "1.19":
        text = text.replace("discovery.k8s.io/v1\n", "discovery.k8s.io/v1beta1\n")
    path.write_text(text, encoding="utf-8")
    return Simulator(load_cluster([str(path)]))


def test_a_listening_pod(tmp_path: Path) -> None:
    sim = cluster(tmp_path, "1.34")
    line = "tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN      1/nginx             \n"
    for options in ("-ntlp", "-tunlp", "-n -t -l -p"):
        assert run(sim, POD, f"netstat {options}") == CommandResult(0, HEADER + line, "")
    assert "0.0.0.0:http " in run(sim, POD, "netstat -tl").stdout
    run(sim, POD, "ss -K sport = :80")
    assert run(sim, POD, "netstat -ntlp").stdout == HEADER


def test_kube_proxy_holds_node_ports_before_1_24_and_not_since(tmp_path: Path) -> None:
    old, new = (run(cluster(tmp_path, v), NODE, "netstat -tunlp").stdout for v in ("1.19", "1.34"))
    held = [line.split() for line in old.splitlines() if "30120" in line]
    assert [words[:6] for words in held] == [["tcp", "0", "0", "0.0.0.0:30120", "0.0.0.0:*", "LISTEN"]]
    assert held[0][6].endswith("/kube-proxy")
    assert "30120" not in new and "kube-proxy" not in new


def test_the_held_port_answers_nobody_once_the_rules_are_gone(tmp_path: Path) -> None:
    sim = cluster(tmp_path, "1.19")
    request = TraceRequest("ext/ext-client", "tcp://10.0.0.11:30120")
    assert sim.trace(request).verdict.sender_learns == "connected"
    run(sim, NODE, "iptables -t nat -F")
    run(sim, NODE, "conntrack -F")
    assert sim.trace(request).verdict.sender_learns == "handshake-only"


@pytest.mark.parametrize(
    ("options", "sections"),
    [
        ("-n", ["Active Internet connections (w/o servers)", "Active UNIX domain sockets (w/o servers)"]),
        ("-an", ["Active Internet connections (servers and established)", "Active UNIX domain sockets (servers and established)"]),
        ("-nlu", ["Active Internet connections (only servers)"]),
    ],
)  # fmt: skip
def test_sections(tmp_path: Path, options: str, sections: list[str]) -> None:
    shown = run(cluster(tmp_path, "1.34"), NODE, f"netstat {options}").stdout
    assert [line for line in shown.splitlines() if line.startswith("Active")] == sections


def test_routes(tmp_path: Path) -> None:
    sim = cluster(tmp_path, "1.34")
    run(sim, NODE, "ip route add unreachable 10.70.0.0/16")
    run(sim, NODE, "ip route add blackhole 10.71.0.0/16")
    run(sim, NODE, "ip route add 10.72.0.1 via 10.0.0.1")
    assert run(sim, NODE, "netstat -rn").stdout == (
        "Kernel IP routing table\n"
        "Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n"
        "0.0.0.0         10.0.0.1        0.0.0.0         UG        0 0          0 eth0\n"
        "10.0.0.0        0.0.0.0         255.255.255.0   U         0 0          0 eth0\n"
        "10.2.0.0        10.2.0.0        255.255.255.0   UG        0 0          0 flannel.1\n"
        "10.2.1.0        0.0.0.0         255.255.255.0   U         0 0          0 cni0\n"
        "10.2.2.0        10.2.2.0        255.255.255.0   UG        0 0          0 flannel.1\n"
        "10.70.0.0       -               255.255.0.0     !         - -          - -\n"
        "10.71.0.0       0.0.0.0         255.255.0.0     U         0 0          0 *\n"
        "10.72.0.1       10.0.0.1        255.255.255.255 UGH       0 0          0 eth0\n"
    )
    assert run(sim, NODE, "netstat -r").stdout.splitlines()[2].startswith("default         10.0.0.1 ")


def test_interfaces_count_what_the_taps_saw(tmp_path: Path) -> None:
    sim = cluster(tmp_path, "1.34")
    run(sim, NODE, "bridge link set dev vetha091f8f3 hairpin off")  # else the Pod hears its own broadcast, too
    run(sim, POD, "ping -c 1 10.2.1.1")
    shown = run(sim, POD, "netstat -i").stdout.splitlines()
    assert shown[:2] == [
        "Kernel Interface table",
        "Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg",
    ]
    assert shown[2] == "eth0             1450        2      0      0 0             2      0      0      0 BMRU"
    assert shown[3].endswith(" LRU")


def test_what_is_not_modelled_or_wrong_says_so(tmp_path: Path) -> None:
    sim = cluster(tmp_path, "1.34")
    said = "podwalk: netstat -s is not modelled; modelled: -t -u -w -l -a -n -p -r -i\n"
    assert run(sim, NODE, "netstat -s") == CommandResult(2, "", said)
    wrong = run(sim, NODE, "netstat -Q")
    assert (wrong.exit_code, wrong.stderr.splitlines()[0]) == (3, "netstat: invalid option -- 'Q'")
