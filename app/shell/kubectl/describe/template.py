"""What Pods and templates of Pods have in common, and how many Pods a workload has in each phase."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from app.control.ownership import is_controlled_by, selector_of
from app.kube.bodies import list_at, mapping_at
from app.kube.objects import Object
from app.kube.tables.table import NONE
from app.shell.kubectl.call import KubectlCall
from app.shell.kubectl.describe.containers import describe_containers
from app.shell.kubectl.describe.volumes import describe_volumes
from app.shell.kubectl.describe.writer import Writer

__all__ = ["describe_template", "pods_status", "tolerations"]

Body = Mapping[str, Any]


def describe_template(template: Body, out: Writer) -> None:
    """Write the Pod template of a workload."""
    spec, metadata = mapping_at(template, "spec"), mapping_at(template, "metadata")
    out.line("Pod Template:")
    out.labels("  Labels", mapping_at(metadata, "labels"))
    if metadata.get("annotations"):
        out.annotations("  Annotations", mapping_at(metadata, "annotations"))
    if spec.get("serviceAccountName"):
        out.line(f"  Service Account:\t{spec['serviceAccountName']}")
    if list_at(spec, "initContainers"):
        describe_containers("Init Containers", list_at(spec, "initContainers"), (), {}, out, "  ")
    describe_containers("Containers", list_at(spec, "containers"), (), {}, out, "  ")
    describe_volumes(list_at(spec, "volumes"), out, "  ")
    if spec.get("priorityClassName"):
        out.line(f"  Priority Class Name:\t{spec['priorityClassName']}")
    out.labels("  Node-Selectors", mapping_at(spec, "nodeSelector"))
    out.several("  Tolerations", tolerations(list_at(spec, "tolerations")))


def tolerations(given: Sequence[Body]) -> list[str]:
    """Return tolerations as `describe` writes them, sorted by key."""
    return [_toleration(each) for each in sorted(given, key=lambda each: str(each.get("key") or ""))] or [NONE]


def _toleration(of: Body) -> str:
    text = str(of.get("key") or "")
    if of.get("value"):
        text += f"={of['value']}"
    if of.get("effect"):
        text += f":{of['effect']}"
    if of.get("operator") == "Exists" and not of.get("value"):
        text += " op=Exists" if text else "op=Exists"
    return text if of.get("tolerationSeconds") is None else f"{text} for {of['tolerationSeconds']}s"


def pods_status(call: KubectlCall, owner: Object) -> str:
    """Return `2 Running / 0 Waiting / 0 Succeeded / 0 Failed` for the Pods that a workload controls."""
    phases = Counter[str]()
    for pod in call.api.list("Pod", owner.namespace, selector_of(owner)):
        if is_controlled_by(pod, owner):
            phases[str(mapping_at(pod.body, "status").get("phase") or "")] += 1
    waiting = phases["Pending"]
    return (
        f"{phases['Running']} Running / {waiting} Waiting / {phases['Succeeded']} Succeeded / {phases['Failed']} Failed"
    )
