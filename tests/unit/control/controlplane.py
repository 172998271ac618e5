"""A control plane without a network: API server, controllers and kubelets that need a second for a Pod."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from app.control.cluster import LiveCluster
from app.control.manager import Manager
from app.control.ownership import ObjectIndex, is_deleted, spec, status
from app.control.podstate import is_active, is_ready
from app.core.clock import Clock
from app.core.rng import Rng
from app.kube.api import ApiServer
from app.kube.bodies import with_value
from app.kube.clusterfile import load_cluster_text
from app.kube.objects import Object
from app.kube.store import Event

SECOND_US = 1_000_000
HEAD: dict[str, Any] = {"apiVersion": "podwalk.dev/v1", "kind": "Cluster"}


class ControlPlane:
    """What a LiveCluster has above its network. `broken` holds images that never become ready."""

    def __init__(self, *documents: dict[str, Any], seed: int = 0, kubelet: bool = True, **cluster: Any) -> None:
        text = "\n---\n".join(json.dumps(each) for each in ({**HEAD, "spec": cluster}, *documents))
        self.file = load_cluster_text(text)
        self.file = replace(self.file, store=self.file.store.copy())
        self.spec, self.store = self.file.spec, self.file.store
        self.clock, self.rng = Clock(), Rng(seed)
        self.api = ApiServer(self.spec, self.store, lambda: self.now)
        self.index = ObjectIndex(self.store)
        self.machines: dict[str, object] = {}
        self.broken: set[str] = set()
        self.start_us = SECOND_US
        self._addresses = 0
        self.manager = Manager(cast("LiveCluster", self))
        if kubelet:
            self.store.watch(self._kubelet, "Pod")
        self.manager.bring_up()
        self.manager.finish()

    @property
    def now(self) -> datetime:
        return self.spec.clock + timedelta(microseconds=self.clock.now_us)

    def run(self, seconds: float, each_event: Callable[[], None] | None = None) -> None:
        """Let time pass; `each_event` looks at the world after every event."""
        until = self.clock.now_us + int(seconds * SECOND_US)
        while (due := self.clock.next_due_us()) is not None and due <= until:
            self.clock.run_next()
            if each_event is not None:
                each_event()
        self.clock.now_us = until

    def pods(self, namespace: str = "default", **labels: str) -> list[Object]:
        found = self.store.list("Pod", namespace)
        return [pod for pod in found if all(pod.metadata.labels.get(key) == text for key, text in labels.items())]

    def active(self, **labels: str) -> list[Object]:
        return [pod for pod in self.pods(**labels) if is_active(pod)]

    def ready(self, **labels: str) -> list[Object]:
        return [pod for pod in self.active(**labels) if is_ready(pod)]

    def get(self, kind: str, name: str, namespace: str = "default") -> Object:
        return self.api.get(kind, name, namespace)

    def events(self, reason: str) -> list[str]:
        return [each.body["message"] for each in self.store.list("Event") if each.body["reason"] == reason]

    def scale(self, kind: str, name: str, replicas: int) -> None:
        self.api.patch(kind, name, "default", {"spec": {"replicas": replicas}}, "merge")

    def set_image(self, kind: str, name: str, image: str) -> None:
        body = with_value(self.get(kind, name).body, ("spec", "template"), template(image, name))
        self.api.update(body)

    def _kubelet(self, event: Event) -> None:
        pod = event.object
        if event.type == "DELETED" or not spec(pod).get("nodeName"):
            return
        if is_deleted(pod):
            self.clock.after(SECOND_US, lambda: self._end(pod), lasting=True)
        elif event.type == "ADDED" or "podIP" not in status(pod):
            self.clock.after(self.start_us, lambda: self._start(pod), lasting=True)

    def _start(self, given: Object) -> None:
        pod = self.store.get("Pod", given.name, given.namespace)
        if pod is None or is_deleted(pod) or "podIP" in status(pod):
            return
        self._addresses += 1
        is_broken = spec(pod)["containers"][0]["image"] in self.broken
        self.set_ready(pod, not is_broken, f"10.2.{self._addresses // 250}.{self._addresses % 250 + 1}")

    def set_ready(self, pod: Object, ready: bool, address: str = "") -> None:
        moment = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": moment}
        others = [each for each in status(pod).get("conditions", []) if each["type"] != "Ready"]
        made = {**status(pod), "phase": "Running", "conditions": [*others, condition]}
        if address:
            made["podIP"] = address
        self.api.update({**pod.body, "status": made}, subresource="status")

    def _end(self, given: Object) -> None:
        if self.store.get("Pod", given.name, given.namespace) is not None:
            self.api.delete("Pod", given.name, given.namespace, grace_seconds=0)


def template(image: str, app: str = "web", **pod_spec: Any) -> dict[str, Any]:
    """Return a Pod template of one container."""
    return {"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": "c", "image": image}], **pod_spec}}


def workload(kind: str, name: str = "web", replicas: int = 3, image: str = "nginx:1", **more: Any) -> dict[str, Any]:
    """Return a Deployment, StatefulSet, ReplicaSet or DaemonSet of nginx."""
    pod_spec = more.pop("pod_spec", {})
    body: dict[str, Any] = {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template(image, name, **pod_spec), **more},
    }
    if kind != "DaemonSet":
        body["spec"]["replicas"] = replicas
    return body
