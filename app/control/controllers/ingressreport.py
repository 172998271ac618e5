"""What ingress controllers report: an Event about each Ingress that they take in, and the ADDRESS in its status.

The controllers themselves run in Pods (app/workloads/images); this is the part of them that writes to the API server.
Sources: kubernetes/ingress-nginx internal/ingress/status/status.go (every 60 s), controller/store/store.go (Sync);
nginxinc/kubernetes-ingress internal/k8s/controller.go (syncIng), status.go; Traefik's updateIngressStatus.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from app.control.manager import controllers
from app.control.reconciler import Reconciler
from app.kube.objects import Key, Object, Pod
from app.kube.store import Event
from app.workloads.ingress.objects import Ingress, IngressClass
from app.workloads.ingress.program import IngressImage
from app.workloads.ingress.view import View

if TYPE_CHECKING:
    from app.control.cluster import LiveCluster

COMPONENT = "nginx-ingress-controller"


@controllers.register("ingressreport")
class IngressReport(Reconciler):
    """Events and addresses of Ingresses, for every controller that runs."""

    name = "ingressreport"
    kinds = ("Ingress", "IngressClass", "Service", "Pod")
    needs_network = True
    delay_us = 100_000

    def __init__(self, live: LiveCluster) -> None:
        super().__init__(live)
        self._told: dict[tuple[str, Key], str] = {}
        self._due_us: dict[Key, int] = {}
        self._mine: set[Key] = set()

    def keys(self, event: Event) -> Iterable[Key]:
        """An Ingress itself; every one, where a class, a controller's Pod or a Service of load balancers changes."""
        given = event.object
        if given.kind == "Ingress":
            return (given.key,) if event.type != "DELETED" else ()
        if given.kind == "Service" and (given.body.get("spec") or {}).get("type") != "LoadBalancer":
            return ()
        if given.kind == "Pod" and not (isinstance(given, Pod) and self._is_controller(given)):
            return ()
        return tuple(each.key for each in self.store.list("Ingress"))

    def reconcile(self, key: Key) -> None:
        """Tell of an Ingress that is new or changed, and write the address at which it is reached."""
        found = self.find(key)
        if found is None:
            return
        ingress = Ingress.of(found)
        view = View.made(
            map(Ingress.of, self.store.list("Ingress")), map(IngressClass.of, self.store.list("IngressClass"))
        )
        programs = [each for each in self._programs() if each.controller.takes(ingress, view)]
        for program in programs:
            self._tell(program, found, ingress, view)
        if programs or key in self._mine:
            self._publish(found, programs)

    def _is_controller(self, pod: Pod) -> bool:
        machine = self.live.machines.get(f"pod/{pod.namespace}/{pod.name}")
        parts = machine.containers.values() if machine is not None else ()
        return any(isinstance(part.program, IngressImage) for part in parts)

    def _programs(self) -> list[IngressImage]:
        """Return the controllers that run, in the order of their Pods' names."""
        found = [
            part.program
            for _, machine in sorted(self.live.machines.items())
            for part in machine.containers.values()
            if part.state == "running"
        ]
        return [program for program in found if isinstance(program, IngressImage)]

    def _tell(self, program: IngressImage, found: Object, ingress: Ingress, view: View) -> None:
        text = json.dumps([found.body.get("spec"), dict(found.metadata.annotations)], sort_keys=True, default=str)
        place = (program.container.machine.name, found.key)
        if self._told.get(place) == text:
            return
        self._told[place] = text
        notice = program.controller.notice(ingress, view)
        if notice is not None:
            self.api.record_event(found, notice.type, notice.reason, notice.message, COMPONENT)

    # --- the address --------------------------------------------------------------------------------------------------

    def _publish(self, found: Object, programs: list[IngressImage]) -> None:
        wanted = [entry for program in programs[:1] for entry in self._addresses(program, programs)]
        present = _entries(found)
        if wanted == present:
            self._due_us.pop(found.key, None)
            return
        now_us, period_us = self.live.clock.now_us, programs[0].status_period_us if programs else 0
        due_us = self._due_us.setdefault(found.key, -(-now_us // period_us) * period_us if period_us else now_us)
        if now_us < due_us:
            self.again(found.key, due_us - now_us)
            return
        self._due_us.pop(found.key, None)
        self._mine.add(found.key)
        status = {**(found.body.get("status") or {}), "loadBalancer": {"ingress": wanted} if wanted else {}}
        self.api.put_status(found, status)

    def _addresses(self, program: IngressImage, running: list[IngressImage]) -> list[dict[str, str]]:
        """Return `status.loadBalancer.ingress` as a controller's flags want it."""
        plan = program.published()
        if plan.address:
            return [{"ip": plan.address}]
        if plan.service:
            namespace, _, name = plan.service.partition("/")
            service = self.store.get("Service", name, namespace)
            return [dict(entry) for entry in _entries(service)] if service is not None else []
        if not plan.is_nodes:
            return []
        pods = [each.container.machine.pod for each in running]
        nodes = {pod.node_name for pod in pods if pod is not None}
        known = [node for node in self.live.file.nodes if node.name in nodes]
        return [{"ip": str(address)} for address in sorted(node.ip for node in known)]


def _entries(found: Object) -> list[dict[str, Any]]:
    status = found.body.get("status") or {}
    listed = (status.get("loadBalancer") or {}).get("ingress") or []
    return [{key: value for key, value in entry.items() if key in ("ip", "hostname")} for entry in listed]
