"""A cluster lives through a hundred random commands, and after each of them what must hold does hold.

addresses        no two Pods, and no two Services, have the same one
EndpointSlices   hold exactly the Pods that the selector selects, in the state that they are in
rules            of each node are those of the Services and slices that its kube-proxy has seen
flows            end, with a verdict
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.control.kubeproxy.settings import ProxyNode
from app.control.ownership import is_deleted, spec, status
from app.control.podstate import is_ready, is_terminal
from app.core.clock import Clock
from app.core.rng import Rng
from app.curriculum.schema import Outcome
from app.dataplane.network import Network
from app.kube.clusterfile import load_cluster_text
from app.kube.endpoints import EndpointSlice
from app.kube.objects import Node, Object, Pod
from app.kube.selectors import Selector
from app.kube.services import Service
from app.kube.status import StatusError
from app.shell import execute
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator

#: Three hundred steps, each with every rule of every node: slow beside others.
pytestmark = pytest.mark.timeout(0 if settings().max_examples > 300 else 300)

IS_SOAK = settings().max_examples > 300
STEPS = 100
RUNS = 60 if IS_SOAK else 3
OUTCOMES = frozenset(get_args(Outcome))
HEAD = "apiVersion: podwalk.dev/v1\nkind: Cluster\nspec: {{kubeProxy: {{mode: {mode}}}, addons: [{addons}]}}\n"
APPS = ("web", "api", "db")
KINDS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
NODES = ("k8s-master-10", "k8s-node-11", "k8s-node-12")
TAINT = {"key": "maintenance", "value": "yes"}
MOST_WAIT_US = 60_000_000
#: What passes after each command, in turn.
PAUSES_US = (0, 20_000, 1_500_000, 0, 200_000, 8_000_000, 70_000)


def _command(name: str, /, **options: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    return st.tuples(st.just(name), st.fixed_dictionaries(options))


APP, NAME, KIND, NODE = map(st.sampled_from, (APPS, ("web", "all", "head"), KINDS, NODES))
NUMBER = st.integers(0, 50)
#: One strategy, not a rule each: of rules Hypothesis leaves some out of a run, and a cluster without them stands still.
COMMANDS = st.one_of(
    _command("create_workload", kind=KIND, app=APP, replicas=st.integers(0, 5), surge=st.integers(0, 2)),
    _command("scale", app=APP, replicas=st.integers(0, 6), kind=KIND),
    _command("set_image", app=APP, image=st.sampled_from(["nginx:1", "nginx:2", "traefik/whoami", "busybox"])),
    _command("delete_workload", app=APP, kind=KIND, how=st.sampled_from(["Background", "Foreground", "Orphan"])),
    _command(
        "create_service",
        name=NAME,
        app=APP,
        type_=st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer"]),
        port=st.sampled_from([80, 80, "http", "none"]),
        policy=st.sampled_from(["Cluster", "Local"]),
        not_ready=st.booleans(),
    ),
    _command("change_selector", name=NAME, app=APP),
    _command("delete_service", name=NAME),
    _command("delete_pod", number=NUMBER, grace=st.sampled_from([None, 0, 1])),
    _command("label_pod", number=NUMBER, app=APP),
    _command("cordon", node=NODE, cordoned=st.booleans()),
    _command("taint", node=NODE, effect=st.sampled_from(["NoSchedule", "NoExecute", None])),
    _command("wait", wait_us=st.sampled_from([1_000, 1_000_000, 5_000_000, MOST_WAIT_US])),
    _command("send", sender=NUMBER, service=st.integers(0, 5), udp=st.booleans()),
)

Seen = tuple[tuple[Service, ...], tuple[EndpointSlice, ...]]


class LivingCluster(RuleBasedStateMachine):
    """One cluster, and what may be done to it."""

    simulator: Simulator
    seen: dict[str, Seen]
    pauses: Iterator[int]

    @initialize(mode=st.sampled_from(["iptables", "nftables"]), addons=st.sampled_from(["", "metallb"]))
    def start(self, mode: str, addons: str) -> None:
        self.simulator = Simulator(load_cluster_text(HEAD.format(mode=mode, addons=addons)), seed=7)
        self.live = self.simulator.live
        self.mode = mode
        self.pauses = cycle(PAUSES_US)
        self.seen = {name: self._present() for name in NODES}
        self.live.proxies.on_sync.append(lambda node, _: self.seen.update({node: self._present()}))

    def _present(self) -> Seen:
        return self.live.store.typed(Service), self.live.store.typed(EndpointSlice)

    def _try(self, call: Any, *arguments: Any, **options: Any) -> None:
        """Ask the API server; it may refuse."""
        with suppress(StatusError):
            call(*arguments, **options)

    def _pass(self, wait_us: int) -> None:
        """Let time pass, looking at every moment at which something happens whether the slices are right."""
        clock = self.live.clock
        until = clock.now_us + wait_us
        while (due_us := clock.next_due_us()) is not None and due_us <= until:
            clock.run_next()
            self.slices_equal_selectors_and_readiness()
        clock.run_until(until)

    def _one(self, found: tuple[Any, ...], number: int) -> Any:
        return found[number % len(found)] if found else None

    # --- commands -----------------------------------------------------------------------------------------------------

    @rule(command=COMMANDS)
    def do(self, command: tuple[str, dict[str, Any]]) -> None:
        name, options = command
        getattr(self, name)(**options)
        self._pass(next(self.pauses))

    def create_workload(self, kind: str, app: str, replicas: int, surge: int) -> None:
        containers = [{"name": "c", "image": "nginx", "ports": [{"name": "http", "containerPort": 80}]}]
        template = {"metadata": {"labels": {"app": app}}, "spec": {"containers": containers}}
        body: dict[str, Any] = {
            "apiVersion": "apps/v1",
            "kind": kind,
            "metadata": {"name": app, "namespace": "default"},
            "spec": {"selector": {"matchLabels": {"app": app}}, "template": template},
        }
        if kind != "DaemonSet":
            body["spec"]["replicas"] = replicas
        if kind == "Deployment":
            body["spec"]["strategy"] = {"rollingUpdate": {"maxSurge": surge, "maxUnavailable": 1}}
        self._try(self.live.api.create, body)

    def scale(self, app: str, replicas: int, kind: str) -> None:
        self._try(self.live.api.patch, kind, app, "default", {"spec": {"replicas": replicas}}, "merge")

    def set_image(self, app: str, image: str) -> None:
        for kind in KINDS[:3]:
            found = self.live.store.get(kind, app, "default")
            if found is not None:
                container = {**spec(found)["template"]["spec"]["containers"][0], "image": image}
                patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
                self._try(self.live.api.patch, kind, app, "default", patch, "merge")

    def delete_workload(self, app: str, kind: str, how: str) -> None:
        self._try(self.live.api.delete, kind, app, "default", propagation=how)

    def create_service(self, name: str, app: str, type_: str, port: int | str, policy: str, *, not_ready: bool) -> None:
        given: dict[str, Any] = {"type": type_, "selector": {"app": app}, "ports": [{"port": 80, "targetPort": port}]}
        if not_ready:
            given["publishNotReadyAddresses"] = True
        if type_ != "ClusterIP":
            given["externalTrafficPolicy"] = policy
        elif name == "head":
            given["clusterIP"] = "None"
        body = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": "default"},
            "spec": given,
        }
        self._try(self.live.api.create, body)

    def change_selector(self, name: str, app: str) -> None:
        self._try(self.live.api.patch, "Service", name, "default", {"spec": {"selector": {"app": app}}}, "merge")

    def delete_service(self, name: str) -> None:
        self._try(self.live.api.delete, "Service", name, "default")

    def delete_pod(self, number: int, grace: int | None) -> None:
        pod = self._one(self.live.store.list("Pod", "default"), number)
        if pod is not None:
            self._try(self.live.api.delete, "Pod", pod.name, "default", grace_seconds=grace)

    def label_pod(self, number: int, app: str) -> None:
        pod = self._one(self.live.store.list("Pod", "default"), number)
        if pod is not None:
            self._try(self.live.api.patch, "Pod", pod.name, "default", {"metadata": {"labels": {"app": app}}}, "merge")

    def cordon(self, node: str, *, cordoned: bool) -> None:
        self._try(self.live.api.patch, "Node", node, "", {"spec": {"unschedulable": cordoned or None}}, "merge")

    def taint(self, node: str, effect: str | None) -> None:
        found = self.live.store.get("Node", node)
        assert found is not None
        kept = [each for each in spec(found).get("taints", []) if each["key"] != TAINT["key"]]
        wanted = [*kept, {**TAINT, "effect": effect}] if effect else kept
        self._try(self.live.api.patch, "Node", node, "", {"spec": {"taints": wanted or None}}, "merge")

    def wait(self, wait_us: int) -> None:
        self._pass(wait_us)

    def send(self, sender: int, service: int, *, udp: bool) -> None:
        running = [
            pod
            for pod in self.live.store.typed(Pod)
            if f"pod/{pod.namespace}/{pod.name}" in self.live.network.namespaces
        ]
        chosen = self._one(tuple(running), sender)
        who = f"pod/{chosen.namespace}/{chosen.name}" if chosen is not None else "node/k8s-node-11"
        found = self._one(tuple(each for each in self.live.store.typed(Service) if each.cluster_ip), service)
        trace = self.simulator.trace(TraceRequest(from_=who, to=f"{'udp' if udp else 'tcp'}://{found.cluster_ip}:80"))
        assert trace.verdict.outcome in OUTCOMES

    # --- what must hold -----------------------------------------------------------------------------------------------

    @invariant()
    @precondition(lambda self: hasattr(self, "live"))
    def no_address_is_given_twice(self) -> None:
        pods = [pod for pod in self.live.store.typed(Pod) if not pod.host_network and not is_terminal(pod)]
        given = Counter(address for pod in pods if (address := status(pod).get("podIP")))
        assert all(count == 1 for count in given.values()), given
        inside = Counter(
            str(address.interface.ip)
            for name, netns in self.live.network.namespaces.items()
            if name.startswith("pod/")
            for interface in netns.interfaces.values()
            if interface.kind != "loopback"
            for address in interface.addresses
        )
        assert all(count == 1 for count in inside.values()), inside
        virtual = Counter(str(each.cluster_ip) for each in self.live.store.typed(Service) if each.cluster_ip)
        assert all(count == 1 for count in virtual.values()), virtual
        ports = Counter(p.node_port for each in self.live.store.typed(Service) for p in each.ports if p.node_port)
        assert all(count == 1 for count in ports.values()), ports

    @invariant()
    @precondition(lambda self: hasattr(self, "live"))
    def slices_equal_selectors_and_readiness(self) -> None:
        if self.live.manager.is_waiting("endpointslice"):
            return  # the lag is not over yet
        for service in self.live.store.typed(Service):
            if service.pod_selector is not None and not is_deleted(service):
                assert self._listed(service) == self._selected(service, service.pod_selector), service.name

    def _listed(self, service: Service) -> dict[str, tuple[bool, bool, bool]]:
        slices = [
            each
            for each in self.live.store.typed(EndpointSlice)
            if (each.namespace, each.service_name) == (service.namespace, service.name)
        ]
        listed = [each for found in slices for each in found.endpoints]
        assert len({each.target for each in listed}) == len(listed)
        return {each.target: (each.ready, each.serving, each.terminating) for each in listed}

    def _selected(self, service: Service, selector: Selector) -> dict[str, tuple[bool, bool, bool]]:
        return {
            f"{pod.namespace}/{pod.name}": self._state(service, pod)
            for pod in self.live.store.list("Pod", service.namespace, selector)
            if status(pod).get("podIP") and not is_terminal(pod)
        }

    def _state(self, service: Service, pod: Object) -> tuple[bool, bool, bool]:
        serving, terminating = is_ready(pod), is_deleted(pod)
        return service.publish_not_ready or (serving and not terminating), serving, terminating

    @invariant()
    @precondition(lambda self: hasattr(self, "live"))
    def rules_equal_what_was_seen(self) -> None:
        for node in self.live.store.typed(Node):
            netns = self.live.network.namespaces[node.name]
            fresh = Network(Clock(), Rng(0)).add_namespace(node.name)
            services, slices = self.seen[node.name]
            mode = self.live.proxies.mode(self.live.proxies.settings, services, slices)
            mode.sync_proxy_rules(ProxyNode.of(node, netns), fresh)
            assert self._rules(netns) == self._rules(fresh), node.name

    def _rules(self, netns: Any) -> list[str]:
        if self.mode == "iptables":
            lines = execute(netns, "iptables-save").stdout.splitlines()
            return sorted(line for line in lines if line.startswith("-A KUBE-S") or "KUBE-EXT" in line)
        lines = execute(netns, "nft list table ip kube-proxy").stdout.splitlines()
        return sorted(line.split(" # handle")[0] for line in lines)


TestLivingCluster = LivingCluster.TestCase
TestLivingCluster.settings = settings(
    max_examples=RUNS,
    stateful_step_count=STEPS,
    derandomize=not IS_SOAK,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
