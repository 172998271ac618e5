"""hostPort: portmap's chains, and who gets through them with which source."""

from __future__ import annotations

import pytest

from app.kube.clusterfile import load_cluster_text
from app.shell import run
from app.sim.simulator import Simulator

CLUSTER = """\
apiVersion: podwalk.dev/v1
kind: Cluster
metadata: {name: t}
spec: {addons: [], cni: {plugin: %s}, external: [{name: client, ip: 10.0.0.200}]}
---
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  nodeName: k8s-node-11
  containers: [{name: c, image: traefik/whoami, ports: [{containerPort: 80, hostPort: 8080}]}]
---
apiVersion: v1
kind: Pod
metadata: {name: b}
spec: {nodeName: k8s-node-11, containers: [{name: c, image: traefik/whoami}]}
"""
NODE = "node/k8s-node-11"


def simulator(plugin: str = "flannel") -> Simulator:
    return Simulator(load_cluster_text(CLUSTER % plugin))


def source(sim: Simulator, who: str, address: str = "10.0.0.11") -> str:
    """Return the source address that the Pod sees, "" where nothing comes back."""
    told = run(sim, who, f"curl -s -m 3 http://{address}:8080/").stdout
    return next((line.split()[1].partition(":")[0] for line in told.splitlines() if line.startswith("RemoteAddr")), "")


@pytest.mark.parametrize(("plugin", "who", "address", "seen"), [
    ("flannel", "ext/client", "10.0.0.11", "10.0.0.200"),
    ("flannel", "pod/default/a", "10.0.0.11", "10.2.1.1"),
    ("flannel", NODE, "127.0.0.1", "10.2.1.1"),
    ("flannel", "node/k8s-node-12", "10.0.0.11", "10.0.0.12"),
    ("calico", "ext/client", "10.0.0.11", "10.0.0.200"),
    ("calico", "pod/default/a", "10.0.0.11", "10.0.0.11"),
    ("bridge", "pod/default/b", "10.0.0.11", "10.2.1.1"),
    ("bridge", "pod/default/a", "10.0.0.11", ""),
])  # fmt: skip
def test_a_host_port_leads_to_the_pod(plugin: str, who: str, address: str, seen: str) -> None:
    """The plain bridge has no hairpin mode: there a Pod does not reach itself."""
    assert source(simulator(plugin), who, address) == seen


def test_the_rules_are_those_of_portmap_and_go_with_the_pod() -> None:
    sim = simulator()
    rules = [line for line in run(sim, NODE, "iptables-save -t nat").stdout.splitlines() if "CNI-" in line]
    chain = next(line.split()[0][1:] for line in rules if line.startswith(":CNI-DN-"))
    assert [line for line in rules if line.startswith(f"-A {chain}")] == [
        f"-A {chain} -s 10.2.1.0/24 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK",
        f"-A {chain} -s 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK",
        f"-A {chain} -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.2.1.2:80",
    ]
    assert "-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT" in rules
    sim.live.api.delete("Pod", "a", "default")
    sim.clock.run_until(sim.clock.now_us + 60_000_000)
    assert "CNI-DN-" not in run(sim, NODE, "iptables-save -t nat").stdout
    assert source(sim, "ext/client") == ""
