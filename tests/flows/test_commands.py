"""Containers whose command ends are Completed; those that wait run; what they print is their log."""

from app.kube.clusterfile import load_cluster_text
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator

CLUSTER = """
apiVersion: podwalk.dev/v1
kind: Cluster
metadata: {name: commands}
spec:
  podCIDR: 10.2.0.0/16
  serviceCIDR: 10.1.0.0/16
  underlay: {subnet: 10.0.0.0/24, gateway: 10.0.0.1}
  cni: {plugin: flannel, backend: vxlan}
  addons: []
  nodes: [{name: one, ip: 10.0.0.10}]
"""


def pod(name: str, image: str, *command: str, restart: str = "Never") -> str:
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec: {{nodeName: one, restartPolicy: {restart}, containers: [{{name: c, image: {image}, command: [{", ".join(map(repr, command))}]}}]}}
"""


def cluster(*pods: str) -> Simulator:
    return Simulator(load_cluster_text("---".join([CLUSTER, *pods])))


def phase(simulator: Simulator, name: str) -> str:
    found = simulator.live.store.get("Pod", name, "default")
    assert found is not None
    return str(found.body["status"]["phase"])


def test_a_pod_is_running_while_its_command_is_and_completed_after_it() -> None:
    simulator = cluster(
        pod("short", "busybox", "sh", "-c", "echo begin; sleep 5; echo end"), pod("long", "alpine", "sleep", "3600")
    )
    assert (phase(simulator, "short"), phase(simulator, "long")) == ("Running", "Running")
    simulator.settle(6_000_000)
    assert (phase(simulator, "short"), phase(simulator, "long")) == ("Succeeded", "Running")
    log = [line.text for line in simulator.live.machines["pod/default/short"].containers["c"].log]
    assert log == ["begin", "end"]


def test_a_failing_command_fails_the_pod_and_is_run_again_where_the_policy_says_so() -> None:
    simulator = cluster(
        pod("once", "busybox", "sh", "-c", "exit 3"), pod("again", "busybox", "false", restart="Always")
    )
    simulator.settle(5_000_000)
    assert phase(simulator, "once") == "Failed"
    assert simulator.live.machines["pod/default/again"].containers["c"].restarts > 0


def test_a_busybox_can_be_a_web_server() -> None:
    simulator = cluster(
        pod("web", "busybox", "httpd", "-f", "-p", "8080", "-h", "/www"), pod("client", "busybox", "sleep", "1h")
    )
    simulator.live.machines["pod/default/web"].containers["c"].files.write("/www/index.html", "hello\n")
    trace = simulator.trace(TraceRequest("pod/default/client", "http://10.2.0.2:8080/"))
    assert trace.verdict.http_status == 200


def test_a_loop_prints_as_time_passes() -> None:
    simulator = cluster(pod("tick", "busybox", "sh", "-c", "while true; do echo tick; sleep 10; done"))
    simulator.settle(35_000_000)
    assert len(simulator.live.machines["pod/default/tick"].containers["c"].log) == 4
