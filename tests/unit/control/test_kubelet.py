"""A Pod's life on its node: created, started, probed, restarted, ended; its address and its cable come and go."""

from __future__ import annotations

from typing import Any

import pytest

from app.control.cluster import LiveCluster
from app.core.clock import Clock
from app.core.rng import Rng
from app.kube.bodies import value_at
from app.kube.clusterfile import load_cluster_text

SECOND = 1_000_000


def live(spec: str = "addons: []") -> LiveCluster:
    text = f"{{apiVersion: podwalk.dev/v1, kind: Cluster, spec: {{{spec}}}}}"
    return LiveCluster(load_cluster_text(text), Clock(), Rng(0))


def pod(name: str, node: str = "k8s-node-11", **container: Any) -> dict[str, Any]:
    spec = {"nodeName": node, "containers": [{"name": "c", "image": "nginx", **container}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def state(cluster: LiveCluster, name: str, *path: str | int) -> Any:
    return value_at(cluster.api.get("Pod", name).body, "status", *path)


def reasons(cluster: LiveCluster) -> list[str]:
    return [str(each.body["reason"]) for each in cluster.store.list("Event")]


def test_a_pod_is_pending_until_its_kubelet_has_started_it() -> None:
    cluster = live()
    cluster.api.create(pod("a"))
    cluster.clock.run_until(SECOND // 2)
    assert state(cluster, "a", "phase") == "Pending"
    assert state(cluster, "a", "containerStatuses", 0, "state", "waiting", "reason") == "ContainerCreating"
    cluster.clock.run_until(2 * SECOND)
    assert state(cluster, "a", "phase") == "Running"
    assert state(cluster, "a", "podIP") == "10.2.1.2"
    assert "pod/default/a" in cluster.network.namespaces
    assert reasons(cluster) == ["Pulled", "Created", "Started"]


@pytest.mark.parametrize(
    "cni", ["plugin: flannel", "plugin: flannel, backend: host-gw", "plugin: calico", "plugin: bridge"]
)
def test_a_deleted_pod_leaves_nothing_behind(cni: str) -> None:
    cluster = live(f"addons: [], cni: {{{cni}}}")
    node = cluster.network.namespaces["k8s-node-11"]
    cluster.api.create(pod("first"))
    cluster.clock.run_until(3 * SECOND)
    before = set(node.interfaces), node.fib.routes, node.netfilter.save()
    cluster.api.create(pod("a"))
    cluster.clock.run_until(6 * SECOND)
    address = state(cluster, "a", "podIP")
    assert (set(node.interfaces), node.fib.routes, node.netfilter.save()) != before
    cluster.api.delete("Pod", "a")
    assert state(cluster, "a", "phase") == "Running", "it ends gracefully"
    cluster.clock.run_until(9 * SECOND)
    assert cluster.api.find("Pod", "a") is None
    assert (set(node.interfaces), node.fib.routes, node.netfilter.save()) == before
    assert "pod/default/a" not in cluster.network.namespaces
    assert "pod/default/a" not in cluster.machines
    cluster.api.create(pod("b"))
    cluster.clock.run_until(12 * SECOND)
    assert state(cluster, "b", "podIP") != address, "host-local and calico give a released address out last"


def test_a_program_that_does_not_heed_sigterm_has_its_grace_period() -> None:
    cluster = live()
    cluster.api.create(pod("a", image="busybox", command=["sleep", "3600"]))
    cluster.clock.run_until(3 * SECOND)
    cluster.api.delete("Pod", "a")
    cluster.clock.run_until(30 * SECOND)
    assert cluster.api.find("Pod", "a") is not None
    cluster.clock.run_until(35 * SECOND)
    assert cluster.api.find("Pod", "a") is None


def test_a_program_that_ends_is_restarted_later_each_time() -> None:
    cluster = live()
    cluster.api.create(pod("a"))
    cluster.clock.run_until(2 * SECOND)
    container = cluster.machines["pod/default/a"].containers["c"]
    for restarts, waits in ((1, 2), (2, 12), (3, 22)):
        container.exit(1)
        assert state(cluster, "a", "containerStatuses", 0, "state", "terminated", "exitCode") == 1
        cluster.clock.run_until(cluster.clock.now_us + waits * SECOND)
        assert state(cluster, "a", "containerStatuses", 0, "restartCount") == restarts
        assert state(cluster, "a", "phase") == "Running"
        assert cluster.network.namespaces["pod/default/a"].sockets.listeners
    container.exit(1)
    cluster.clock.run_until(cluster.clock.now_us + 5 * SECOND)
    assert state(cluster, "a", "containerStatuses", 0, "state", "waiting", "reason") == "CrashLoopBackOff"
    assert not cluster.network.namespaces["pod/default/a"].sockets.listeners


def test_a_pod_that_is_never_restarted_has_succeeded_or_failed() -> None:
    cluster = live()
    for name in ("good", "bad"):
        body = pod(name)
        body["spec"]["restartPolicy"] = "Never"
        cluster.api.create(body)
    cluster.clock.run_until(3 * SECOND)
    cluster.machines["pod/default/good"].containers["c"].exit(0)
    cluster.machines["pod/default/bad"].containers["c"].exit(3)
    assert state(cluster, "good", "phase") == "Succeeded"
    assert state(cluster, "bad", "phase") == "Failed"


def test_readiness_follows_the_probe() -> None:
    cluster = live()
    cluster.api.create(pod("a", readinessProbe={"tcpSocket": {"port": 80}, "periodSeconds": 1}))
    cluster.clock.run_until(3 * SECOND)
    assert state(cluster, "a", "containerStatuses", 0, "ready") is True
    netns = cluster.network.namespaces["pod/default/a"]
    (listener,) = netns.sockets.listeners
    netns.sockets.unlisten(listener)
    cluster.clock.run_until(5 * SECOND)
    assert state(cluster, "a", "containerStatuses", 0, "ready") is True, "one failure is not three"
    cluster.clock.run_until(9 * SECOND)
    assert state(cluster, "a", "containerStatuses", 0, "ready") is False
    assert "Unhealthy" in reasons(cluster)


def test_a_failing_liveness_probe_restarts_the_container() -> None:
    cluster = live()
    cluster.api.create(pod("a", livenessProbe={"tcpSocket": {"port": 81}, "periodSeconds": 2}))
    cluster.clock.run_until(12 * SECOND)
    assert state(cluster, "a", "containerStatuses", 0, "restartCount") == 1
    assert "Killing" in reasons(cluster)


def test_events_are_named_by_their_time_and_each_failure_and_start_is_counted() -> None:
    cluster = live()
    cluster.api.create(pod("a", livenessProbe={"tcpSocket": {"port": 81}, "periodSeconds": 2}))
    cluster.clock.run_until(7 * SECOND)
    events = [event.body for event in cluster.api.list("Event", "default") if event.body["reason"] != "Scheduled"]
    assert [(event["reason"], event["count"]) for event in events] == [
        ("Pulled", 2), ("Created", 2), ("Started", 2), ("Unhealthy", 4), ("Killing", 1),
    ]  # fmt: skip


def test_without_an_address_left_the_sandbox_is_tried_again() -> None:
    cluster = live("addons: [], nodes: [{name: n, podCIDR: 10.2.0.0/30}]")
    cluster.api.create(pod("a", "n"))
    cluster.clock.run_until(3 * SECOND)
    cluster.api.create(pod("b", "n"))
    cluster.clock.run_until(6 * SECOND)
    assert state(cluster, "b", "phase") == "Pending"
    assert "FailedCreatePodSandBox" in reasons(cluster)
    cluster.api.delete("Pod", "a")
    cluster.clock.run_until(30 * SECOND)
    assert state(cluster, "b", "phase") == "Running"


def test_a_lag_of_the_file_is_kept() -> None:
    cluster = live("addons: [], lag: {kubelet: 5s, nodes: {k8s-node-12: {kubelet: 1s}}}")
    cluster.api.create(pod("slow"))
    cluster.api.create(pod("quick", "k8s-node-12"))
    cluster.clock.run_until(2 * SECOND)
    assert (state(cluster, "slow", "phase"), state(cluster, "quick", "phase")) == ("Pending", "Running")
    cluster.clock.run_until(6 * SECOND)
    assert state(cluster, "slow", "phase") == "Running"
