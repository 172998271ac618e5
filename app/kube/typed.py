"""From a body to the object of the store: Pod, Node, Service, EndpointSlice and Endpoints typed, the rest as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from app.core.errors import Mark
from app.kube.clusterspec import Taint
from app.kube.endpoints import endpoint_slice_of, endpoints_of
from app.kube.manifest import strings
from app.kube.nodes import ROLE_LABEL
from app.kube.objects import Metadata, Node, Object, Pod
from app.kube.pods import pod_of
from app.kube.services import service_of

API_MARK = Mark("api", 1, 1)
"""Where an object stands that came through the API: in no file."""

READERS: Mapping[str, Callable[[Mapping[str, Any], Mark], Object]] = {
    "Pod": pod_of,
    "Service": service_of,
    "EndpointSlice": endpoint_slice_of,
    "Endpoints": endpoints_of,
}


def typed_object(body: Mapping[str, Any], before: Object | None = None) -> Object:
    """Return the object of a body; `before` is its last state. ValueError: a typed kind cannot be read.

    A Node that no machine of the model stands behind stays an untyped object: no packet walks there.
    """
    if isinstance(before, Pod) and _only_status_differs(body, before.body):
        return replace(before, body=body)
    mark = before.mark if before else API_MARK
    reader = READERS.get(str(body["kind"]))
    if reader is not None:
        return reader(body, mark)
    metadata = body["metadata"]
    read = Metadata(
        str(metadata["name"]),
        str(metadata.get("namespace", "")),
        strings(metadata.get("labels")),
        strings(metadata.get("annotations")),
    )
    if isinstance(before, Node):
        return _node(body, read, before)
    return Object(str(body["kind"]), str(body["apiVersion"]), read, body, mark)


def _only_status_differs(body: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Say whether nothing differs that a typed Pod holds: kubelets write much status."""
    new, old = body["metadata"], before.get("metadata", {})
    return body.get("spec") == before.get("spec") and all(
        new.get(name) == old.get(name) for name in ("name", "namespace", "labels", "annotations")
    )


def _node(body: Mapping[str, Any], metadata: Metadata, before: Node) -> Node:
    """Return a Node with new labels and taints; its addresses and its range are the machine's."""
    spec = body.get("spec")
    given = spec.get("taints") if isinstance(spec, Mapping) else None
    taints = tuple(
        Taint.model_validate({name: value for name, value in taint.items() if name != "timeAdded"})
        for taint in given or ()
    )
    roles = tuple(label.removeprefix(ROLE_LABEL) for label in metadata.labels if label.startswith(ROLE_LABEL))
    return replace(before, metadata=metadata, body=body, taints=taints, roles=roles)
