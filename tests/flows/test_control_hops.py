"""The control plane on the time axis of the packets: which rules a request met, and which came too late for it."""

from app.kube.clusterfile import load_cluster_text
from app.sim.captions import LANGUAGES, render
from app.sim.picture import picture
from app.sim.request import TraceRequest
from app.sim.scene import scene
from app.sim.simulator import Simulator
from app.sim.wire import wire

CLUSTER = """
apiVersion: podwalk.dev/v1
kind: Cluster
metadata: {name: race}
spec:
  podCIDR: 10.2.0.0/16
  serviceCIDR: 10.1.0.0/16
  underlay: {subnet: 10.0.0.0/24, gateway: 10.0.0.1}
  cni: {plugin: flannel, backend: vxlan}
  addons: []
  lag: {kubeProxy: 3s}
  nodes:
    - {name: master, ip: 10.0.0.10, roles: [control-plane]}
    - {name: worker, ip: 10.0.0.11}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {nodeName: worker, containers: [{name: c, image: busybox, command: [sleep, infinity]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {nodeName: worker, containers: [{name: c, image: nginx}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.1.0.80, selector: {app: web}, ports: [{port: 80}]}
"""


def test_a_request_meets_rules_that_are_late_and_the_walk_shows_when_they_come() -> None:
    simulator = Simulator(load_cluster_text(CLUSTER))
    simulator.live.api.delete("Pod", "web", "default")
    simulator.settle(2_000_000)
    assert "pod/default/web" not in simulator.live.machines
    question = TraceRequest("pod/default/client", "http://10.1.0.80/")
    trace = simulator.trace(question)
    written = [hop for hop in trace.hops if hop.kind == "control"]
    translated = [hop.n for hop in trace.hops if hop.kind == "dnat"]
    rejected = [hop.n for hop in trace.hops if hop.kind == "reject"]
    assert max(translated) < written[0].n < written[-1].n < min(rejected), "old rules, their change, new rules"
    assert (trace.verdict.outcome, trace.verdict.caption.code) == ("rejected", "reject")
    assert {(hop.netns, hop.caption.code, hop.packet, hop.leg) for hop in written} == {
        ("master", "control-proxy", 0, "control"), ("worker", "control-proxy", 0, "control"),
    }  # fmt: skip
    assert all(hop.headers == [] for hop in written)
    assert [hop.t_us for hop in trace.hops] == sorted(hop.t_us for hop in trace.hops)
    for language in LANGUAGES:
        assert "default/web" in render(written[0].caption.code, written[0].caption.params, language)
    assert wire(trace)["total"] == len(trace.hops)
    assert picture(trace, scene(simulator), "en")
    assert simulator.trace(question).verdict.outcome == "rejected"


def test_a_quiet_control_plane_is_in_no_walk() -> None:
    simulator = Simulator(load_cluster_text(CLUSTER))
    trace = simulator.trace(TraceRequest("pod/default/client", "http://10.1.0.80/"))
    assert not [hop for hop in trace.hops if hop.kind == "control"]
