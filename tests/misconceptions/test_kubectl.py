"""Misconceptions about Services that kubectl nourishes: each dissolved by what was typed and the trace of it."""

from __future__ import annotations

from app.kube.selectors import Selector
from app.shell import CommandResult, run
from app.sim.simulator import Simulator
from app.sim.trace import Trace
from tests.misconceptions.lab import cluster, hops, pod, send, service

NODE = "node/k8s-master-10"


def typed(simulator: Simulator, line: str) -> CommandResult:
    return run(simulator, NODE, line)


def endpoints(simulator: Simulator, name: str) -> list[str]:
    selector = Selector.equal({"kubernetes.io/service-name": name})
    slices = simulator.live.api.list("EndpointSlice", "default", selector)
    return [address for each in slices for end in each.body.get("endpoints") or () for address in end["addresses"]]


def test_m08_a_service_that_exists_has_no_backends_where_its_selector_fits_no_pod() -> None:
    simulator = cluster(pod("web", labels="app: web"), pod("client", "k8s-node-12", listens=""))
    assert typed(simulator, "kubectl expose pod web --port=80 --selector=app=wep").stdout == "service/web exposed\n"
    assert "service/web" in typed(simulator, "kubectl get svc web -o name").stdout
    assert endpoints(simulator, "web") == []
    address = simulator.live.api.get("Service", "web", "default").body["spec"]["clusterIP"]
    refused = send(simulator, "pod/default/client", f"tcp://{address}:80")
    assert refused.verdict.outcome == "rejected"
    assert [hop.node for hop in hops(refused, "reject")] == ["k8s-node-12"]
    assert typed(simulator, "kubectl set selector svc web app=web").stdout == "service/web selector updated\n"
    assert len(endpoints(simulator, "web")) == 1
    assert send(simulator, "pod/default/client", f"tcp://{address}:80").verdict.outcome == "delivered"


def test_m24_a_loadbalancer_that_is_pending_is_no_bug_but_waits_for_a_controller() -> None:
    simulator = cluster(pod("web", labels="app: web"))
    typed(simulator, "kubectl expose pod web --port=80 --type=LoadBalancer")
    shown = typed(simulator, "kubectl get svc web").stdout.splitlines()[1].split()
    assert (shown[1], shown[3]) == ("LoadBalancer", "<pending>")
    assert "ingress" not in simulator.live.api.get("Service", "web", "default").body["status"]["loadBalancer"]
    node_port = int(shown[4].partition(":")[2].partition("/")[0])
    by_node = send(simulator, "ext/client", f"tcp://10.0.0.11:{node_port}")
    assert by_node.verdict.outcome == "delivered"
    assert hops(by_node, "dnat", node="k8s-node-11")


def test_m34_port_forward_of_a_service_goes_to_one_pod_and_never_through_the_service() -> None:
    simulator = cluster(
        pod("one", labels="app: web", listens="tcp/127.0.0.1:80"),
        pod("two", "k8s-node-12", labels="app: web", listens="tcp/127.0.0.1:80"),
        service("web", "selector: {app: web}, ports: [{port: 8000, targetPort: 80}]"),
    )
    address = simulator.live.api.get("Service", "web", "default").body["spec"]["clusterIP"]
    by_service = send(simulator, "node/k8s-node-11", f"tcp://{address}:8000")
    assert by_service.verdict.outcome == "refused"

    shown = typed(simulator, "kubectl port-forward svc/web 8080:8000").stdout
    assert shown == "Forwarding from 127.0.0.1:8080 -> 80\nForwarding from [::1]:8080 -> 80\n"
    first, second = (_forwarded(simulator) for _ in range(2))
    for trace in (first, second):
        seen = {(s.ip.dst, s.l4["dport"]) for s in trace.sightings if s.ip and s.l4 and s.leg == "request"}
        assert (address, 8000) not in seen
        assert not hops(trace, "dnat")
        assert {("10.0.0.10", 6443), ("127.0.0.1", 80)} <= seen
        assert any(port == 10250 for _, port in seen)
    assert _pod_of(first) == _pod_of(second)


def _forwarded(simulator: Simulator) -> Trace:
    result = typed(simulator, "curl -s http://127.0.0.1:8080/")
    assert (result.exit_code, result.stderr) == (0, "")
    assert isinstance(result.trace, Trace)
    return result.trace


def _pod_of(trace: Trace) -> str:
    """Return the Pod in which the last connection was taken."""
    return next(hop.netns for hop in reversed(hops(trace, "accept")) if hop.netns.startswith("pod/"))


DEPLOYMENT = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{terminationGracePeriodSeconds: 30, containers: [{{name: c, image: "nginx:1"{more}}}]}}
"""
WEB = service("web", "selector: {app: web}, clusterIP: 10.1.0.50, ports: [{port: 80}]")
LAG = "  lag: {kubeProxy: 2s}"
HOOK = ", lifecycle: {preStop: {exec: {command: [sleep, '5']}}}"


ASK = "for i in $(seq 60); do curl -s -m 1 -o /dev/null -w '%{http_code}\\n' http://10.1.0.50/; sleep 0.1; done"


def _codes_of_a_rollout(more: str) -> tuple[list[str], CommandResult]:
    """Ask the Service ten times a second while `kubectl set image` rolls out; return the codes, and the line's result."""
    simulator = cluster(DEPLOYMENT.format(more=more), WEB, more=LAG)
    result = typed(simulator, f"kubectl set image deploy/web c=nginx:2; {ASK}; kubectl rollout status deploy/web")
    lines = result.stdout.splitlines()
    assert lines[0] == "deployment.apps/web image updated"
    assert lines[-1] == 'deployment "web" successfully rolled out'
    return [line for line in lines if line.isdecimal()], result


def test_m16_a_rolling_update_of_a_service_loses_requests_where_rules_are_later_than_sigterm() -> None:
    codes, result = _codes_of_a_rollout("")
    assert set(codes) == {"000", "200"}
    assert isinstance(result.trace, Trace)
    lost = hops(result.trace, "refuse", "arp-failed", "icmp-error")
    assert lost, "the Pod that has stopped, or its address, is still chosen"
    assert hops(result.trace, "dnat"), "by the node's rules, which do not know yet"
    assert set(_codes_of_a_rollout(HOOK)[0]) == {"200"}, "a preStop sleep outlasts the lag"
