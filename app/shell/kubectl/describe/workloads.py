"""`kubectl describe` of Deployments, ReplicaSets, DaemonSets and StatefulSets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.control.ownership import is_controlled_by
from app.control.revisions import current
from app.kube.bodies import list_at, mapping_at
from app.kube.objects import Object
from app.kube.tables.table import NONE
from app.kube.tables.text import format_labels, format_selector
from app.shell.kubectl.describe.template import describe_template, pods_status
from app.shell.kubectl.describe.writer import DESCRIBERS, Described, Writer, controlled_by, rfc1123

__all__ = ["daemon_set", "deployment", "replica_set", "stateful_set"]


@DESCRIBERS.register("Deployment")
def deployment(about: Described, out: Writer) -> None:
    """Write a Deployment: its replicas, strategy, template, conditions and ReplicaSets."""
    spec, status, metadata = about.spec, about.status, mapping_at(about.body, "metadata")
    out.line(f"Name:\t{about.object.name}")
    out.line(f"Namespace:\t{about.object.namespace}")
    out.line(f"CreationTimestamp:\t{rfc1123(metadata.get('creationTimestamp'))}")
    out.labels("Labels", mapping_at(metadata, "labels"))
    out.annotations("Annotations", mapping_at(metadata, "annotations"))
    out.line(f"Selector:\t{format_selector(mapping_at(spec, 'selector'))}")
    counts = (("updatedReplicas", "updated"), ("replicas", "total"), ("availableReplicas", "available"))
    shown = " | ".join(f"{status.get(key) or 0} {word}" for key, word in counts)
    desired, missing = spec.get("replicas", 1), status.get("unavailableReplicas") or 0
    out.line(f"Replicas:\t{desired} desired | {shown} | {missing} unavailable")
    out.line(f"StrategyType:\t{mapping_at(spec, 'strategy').get('type') or ''}")
    out.line(f"MinReadySeconds:\t{spec.get('minReadySeconds') or 0}")
    if rolling := mapping_at(spec, "strategy", "rollingUpdate"):
        most, surge = rolling.get("maxUnavailable"), rolling.get("maxSurge")
        out.line(f"RollingUpdateStrategy:\t{most} max unavailable, {surge} max surge")
    describe_template(mapping_at(spec, "template"), out)
    _conditions(status, out)
    old, new = _replica_sets(about)
    out.line(f"OldReplicaSets:\t{', '.join(map(_created, old)) or NONE}")
    out.line(f"NewReplicaSet:\t{_created(new) if new else NONE}")
    about.events(out)


def _conditions(status: Mapping[str, Any], out: Writer) -> None:
    conditions = list_at(status, "conditions")
    if conditions:
        out.line("Conditions:")
        out.line("Type\tStatus\tReason", 1)
        out.line("----\t------\t------", 1)
        for condition in conditions:
            out.line(f"{condition.get('type')} \t{condition.get('status')}\t{condition.get('reason')}", 1)


def _replica_sets(about: Described) -> tuple[list[Object], Object | None]:
    """Return the older ReplicaSets of a Deployment, and the one that has its template."""
    sets = about.call.api.list("ReplicaSet", about.object.namespace)
    owned = [each for each in sets if is_controlled_by(each, about.object)]
    owned.sort(key=lambda each: (str(mapping_at(each.body, "metadata").get("creationTimestamp")), each.name))
    new = current(about.object, owned)
    return [each for each in owned if each is not new], new


def _created(replica_set: Object) -> str:
    created, wanted = (mapping_at(replica_set.body, part).get("replicas") or 0 for part in ("status", "spec"))
    return f"{replica_set.name} ({created}/{wanted} replicas created)"


@DESCRIBERS.register("ReplicaSet")
def replica_set(about: Described, out: Writer) -> None:
    """Write a ReplicaSet."""
    metadata = mapping_at(about.body, "metadata")
    out.line(f"Name:\t{about.object.name}")
    out.line(f"Namespace:\t{about.object.namespace}")
    out.line(f"Selector:\t{format_selector(mapping_at(about.spec, 'selector'))}")
    out.labels("Labels", mapping_at(metadata, "labels"))
    out.annotations("Annotations", mapping_at(metadata, "annotations"))
    if by := controlled_by(about.object):
        out.line(f"Controlled By:\t{by}")
    out.line(f"Replicas:\t{about.status.get('replicas') or 0} current / {about.spec.get('replicas', 1)} desired")
    out.line(f"Pods Status:\t{pods_status(about.call, about.object)}")
    describe_template(mapping_at(about.spec, "template"), out)
    _conditions(about.status, out)
    about.events(out)


@DESCRIBERS.register("DaemonSet")
def daemon_set(about: Described, out: Writer) -> None:
    """Write a DaemonSet."""
    metadata, status = mapping_at(about.body, "metadata"), about.status
    out.line(f"Name:\t{about.object.name}")
    out.line(f"Selector:\t{format_selector(mapping_at(about.spec, 'selector'))}")
    nodes = format_labels(mapping_at(about.spec, "template", "spec", "nodeSelector"))
    out.line(f"Node-Selector:\t{nodes}")
    out.labels("Labels", mapping_at(metadata, "labels"))
    out.annotations("Annotations", mapping_at(metadata, "annotations"))
    for key, words in (
        ("desiredNumberScheduled", "Desired Number of Nodes Scheduled"),
        ("currentNumberScheduled", "Current Number of Nodes Scheduled"),
        ("updatedNumberScheduled", "Number of Nodes Scheduled with Up-to-date Pods"),
        ("numberAvailable", "Number of Nodes Scheduled with Available Pods"),
        ("numberMisscheduled", "Number of Nodes Misscheduled"),
    ):
        out.line(f"{words}: {status.get(key) or 0}")
    out.line(f"Pods Status:\t{pods_status(about.call, about.object)}")
    describe_template(mapping_at(about.spec, "template"), out)
    about.events(out)


@DESCRIBERS.register("StatefulSet")
def stateful_set(about: Described, out: Writer) -> None:
    """Write a StatefulSet."""
    metadata, strategy = mapping_at(about.body, "metadata"), mapping_at(about.spec, "updateStrategy")
    out.line(f"Name:\t{about.object.name}")
    out.line(f"Namespace:\t{about.object.namespace}")
    out.line(f"CreationTimestamp:\t{rfc1123(metadata.get('creationTimestamp'))}")
    out.line(f"Selector:\t{format_selector(mapping_at(about.spec, 'selector'))}")
    out.labels("Labels", mapping_at(metadata, "labels"))
    out.annotations("Annotations", mapping_at(metadata, "annotations"))
    out.line(f"Replicas:\t{about.spec.get('replicas', 1)} desired | {about.status.get('replicas') or 0} total")
    out.line(f"Update Strategy:\t{strategy.get('type') or ''}")
    if strategy.get("rollingUpdate"):
        out.line(f"Partition:\t{mapping_at(strategy, 'rollingUpdate').get('partition') or 0}", 1)
    out.line(f"Pods Status:\t{pods_status(about.call, about.object)}")
    describe_template(mapping_at(about.spec, "template"), out)
    claims = list_at(about.spec, "volumeClaimTemplates")
    out.line("Volume Claims:" if claims else f"Volume Claims:\t{NONE}")
    for claim in claims:
        out.line(f"Name:\t{mapping_at(claim, 'metadata').get('name')}", 1)
        out.line(f"StorageClass:\t{mapping_at(claim, 'spec').get('storageClassName') or ''}", 1)
        out.labels("  Labels", mapping_at(claim, "metadata", "labels"))
        out.annotations("  Annotations", mapping_at(claim, "metadata", "annotations"))
        capacity = mapping_at(claim, "spec", "resources", "requests").get("storage")
        out.line(f"Capacity:\t{capacity or '<default>'}", 1)
        out.line(f"Access Modes:\t[{' '.join(list_at(claim, 'spec', 'accessModes'))}]", 1)
    about.events(out)
