"""The API server: every write is checked, filled in and refused as Kubernetes does it; every read is a list or a get.

    body -> served version -> strict check -> defaults -> namespace -> validation -> allocation -> store

Controllers, kubelets and the terminal all go through here. Source: k8s.io/apiserver pkg/endpoints/handlers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from app.kube import admission
from app.kube.bodies import Body, list_at, time_text, value_at, with_metadata, with_value
from app.kube.clusterspec import ClusterSpec
from app.kube.deletion import Deletion, Propagation, is_removed_at_once
from app.kube.eventrecorder import EventRecorder, EventType, event_body
from app.kube.fieldselectors import FieldSelector
from app.kube.objects import Object
from app.kube.patches import json_patch, merge_patch
from app.kube.registry import Registry
from app.kube.schema import Schema
from app.kube.scheme import Kind, find_kind, kind_named
from app.kube.selectors import Selector
from app.kube.status import StatusError, bad_request, conflict, forbidden, method_not_allowed, not_found
from app.kube.store import Event, Store
from app.kube.strategic import strategic_merge

PatchType = Literal["strategic", "merge", "json"]
IMMORTAL = frozenset({"default", "kube-system", "kube-public"})
"""Namespaces that cannot be deleted. Source: k8s.io/apiserver pkg/admission/plugin/namespace/lifecycle."""


class ApiServer:
    """The only writer of the store besides the loader. `now` is the model's present.

    `controllers: none` keeps a dump as it is: nothing is filled in, nothing is refused but what cannot be an object.
    """

    def __init__(self, spec: ClusterSpec, store: Store, now: Callable[[], datetime]) -> None:
        self.spec = spec
        self.store = store
        self.now = now
        self.version = spec.version_numbers
        self.acts = spec.controllers == "all"
        self._recorder = EventRecorder()
        self._registry = Registry(spec, store, now)

    # -- reading

    def get(self, kind: str, name: str, namespace: str = "") -> Object:
        """Return one object; StatusError NotFound. A namespaced kind without namespace is looked for in `default`."""
        found = self.find(kind, name, namespace)
        if found is None:
            raise not_found(self._kind(kind), name)
        return found

    def find(self, kind: str, name: str, namespace: str = "") -> Object | None:
        """Return one object, or None."""
        place = (namespace or "default") if self._kind(kind).is_namespaced else ""
        return self.store.get(kind, name, place)

    def list(
        self,
        kind: str,
        namespace: str | None = None,
        labels: Selector | None = None,
        fields: FieldSelector | None = None,
    ) -> tuple[Object, ...]:
        """Return the objects of a kind, sorted as etcd's keys are; `namespace` None means all namespaces."""
        of_kind = self._kind(kind)
        found = self.store.list(kind, namespace if of_kind.is_namespaced else None, labels)
        if fields is not None:
            fields.check(of_kind)
            found = tuple(each for each in found if fields.matches(each.body))
        return tuple(sorted(found, key=lambda each: each.key))

    def watch(
        self, on_event: Callable[[Event], None], kind: str, namespace: str | None = None, *,
        labels: Selector | None = None, fields: FieldSelector | None = None, since: int | None = None,
    ) -> Callable[[], None]:  # fmt: skip
        """Call `on_event` for later changes, and first for those after the resourceVersion `since`; return the stop.

        An object that no longer matches is told as DELETED. StatusError Expired: `since` is too old.
        """
        if fields is not None:
            fields.check(self._kind(kind))
        known = {each.key for each in self.list(kind, namespace, labels, fields)} if since is None else set()

        def tell(event: Event) -> None:
            of = event.object
            matches = (
                (namespace is None or of.namespace == namespace)
                and (labels is None or labels.matches(of.metadata.labels))
                and (fields is None or fields.matches(of.body))
            )
            was_known = of.key in known
            if event.type == "DELETED" or not matches:
                known.discard(of.key)
                if was_known or (matches and event.type == "DELETED"):
                    on_event(Event("DELETED", of))
            else:
                known.add(of.key)
                on_event(Event("MODIFIED" if was_known or event.type == "MODIFIED" else "ADDED", of))

        return self.store.watch(tell, kind, since=since)

    def take_warnings(self) -> tuple[str, ...]:
        """Return the warnings of the requests since the last call: what kubectl prints after `Warning: `."""
        taken = tuple(dict.fromkeys(self._registry.warnings))
        self._registry.warnings.clear()
        return taken

    # -- writing

    def create(self, body: Body, namespace: str = "", *, dry_run: bool = False, validation: str = "Strict") -> Object:
        """Store a new object. StatusError: it cannot be read, its names are taken, or something in it is wrong.

        `validation` is what happens to unknown fields: Strict refuses, Warn warns, Ignore drops them.
        """
        return self._registry.create(body, namespace, dry_run=dry_run, validation=validation)

    def update(self, body: Body, *, subresource: str = "", dry_run: bool = False, validation: str = "Strict") -> Object:
        """Replace an object, or its status, or its scale. StatusError Conflict: `metadata.resourceVersion` is old."""
        if subresource == "scale":
            raise bad_request("a Scale names no kind: write it with scale()")
        kind, given = self._registry.decode(body, "", validation)
        name = str(given["metadata"].get("name") or "")
        before = self.get(kind.kind, name, str(given["metadata"].get("namespace", "")))
        return self._registry.replace(kind, given, before, subresource, dry_run=dry_run)

    def patch(
        self, kind: str, name: str, namespace: str, patch: Any, type: PatchType = "strategic",  # noqa: A002
        *, subresource: str = "", dry_run: bool = False,
    ) -> Object:  # fmt: skip
        """Change an object. `patch` is plain data: a mapping, or for `json` a list of operations."""
        of_kind = self._kind(kind)
        before = self.get(kind, name, namespace)
        if subresource == "scale":
            scaled = _patched(_scale_body(before), patch, type, of_kind)
            return self.scale(kind, name, before.namespace, value_at(scaled, "spec", "replicas"), dry_run=dry_run)
        body = with_metadata(before.body, resourceVersion=None)
        body = _patched(body, patch, type, of_kind)
        if not isinstance(body, dict):
            raise bad_request("the patch leaves no object")
        identity = (body.get("kind"), value_at(body, "metadata", "name"), value_at(body, "metadata", "namespace"))
        if identity != (kind, before.name, before.namespace or None):
            raise bad_request(
                f"the name of the object ({identity[1] or ''}) does not match the name on the URL ({before.name})"
            )
        if self.acts:
            admission.check_patched(of_kind, body, patch)
        _, given = self._registry.decode(body, before.namespace, "Ignore")
        return self._registry.replace(of_kind, given, before, subresource, dry_run=dry_run)

    def scale(self, kind: str, name: str, namespace: str, replicas: object, *, dry_run: bool = False) -> Object:
        """Set `spec.replicas`; return the object."""
        of_kind = self._kind(kind)
        before = self.get(kind, name, namespace)
        if "scale" not in of_kind.subresources:
            raise method_not_allowed(of_kind, name)
        if not isinstance(replicas, int) or isinstance(replicas, bool):
            raise bad_request('Scale in version "v1" cannot be handled as a Scale: spec.replicas must be a number')
        body = with_value(with_metadata(before.body, resourceVersion=None), ("spec", "replicas"), replicas)
        return self._registry.replace(of_kind, body, before, "", dry_run=dry_run)

    def delete(
        self, kind: str, name: str, namespace: str = "", *, propagation: Propagation = "Background",
        grace_seconds: int | None = None, dry_run: bool = False,
    ) -> Object:  # fmt: skip
        """Delete an object, or begin to: Pods end gracefully, finalizers are waited for. Return its last state."""
        before = self.get(kind, name, namespace)
        if self.acts and kind == "Namespace" and name in IMMORTAL:
            raise forbidden(self._kind(kind), name, "this namespace may not be deleted")
        if dry_run:
            return before
        how = Deletion(propagation, grace_seconds, self.now())
        if not self.acts or is_removed_at_once(before, how):
            return self._registry.remove(before)
        marked = how.marked(before)
        return before if marked is None else self._registry.write(self._kind(kind), marked, before)

    def bind(self, namespace: str, pod: str, node: str) -> None:
        """Put a Pod on a node, as the scheduler does. StatusError Conflict: it is on one."""
        before = self.get("Pod", pod, namespace)
        if given := value_at(before.body, "spec", "nodeName"):
            raise conflict(kind_named("Pod"), pod, f'pod {pod} is already assigned to node "{given}"')
        body = with_value(before.body, ("spec", "nodeName"), node)
        scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None,
                     "lastTransitionTime": time_text(self.now())}  # fmt: skip
        others = [each for each in list_at(body, "status", "conditions") if value_at(each, "type") != "PodScheduled"]
        body = with_value(body, ("status", "conditions"), [*others, scheduled])
        self._registry.write(kind_named("Pod"), body, before)

    def finalize(self, kind: str, name: str, namespace: str = "", finalizer: str = "") -> Object:
        """Take a finalizer away (of a Namespace: `spec.finalizers`); what is being deleted and has none left, goes."""
        before = self.get(kind, name, namespace)
        if kind == "Namespace":
            body = with_value(before.body, ("spec", "finalizers"), [])
        else:
            left = [each for each in list_at(before.body, "metadata", "finalizers") if each != finalizer]
            body = with_metadata(before.body, finalizers=left or None)
        return self._registry.write(self._kind(kind), body, before)

    def record_event(
        self, about: Object, type: EventType, reason: str, message: str, component: str,  # noqa: A002
        *, host: str = "", field_path: str = "",
    ) -> None:  # fmt: skip
        """Tell what happened to an object; the same again raises the count of the Event that is there.

        Where a Namespace is gone, or ends, there are no new ones.
        """
        place = self.store.get("Namespace", about.namespace or "default")
        if self.acts and (place is None or value_at(place.body, "metadata", "deletionTimestamp")):
            return
        name = self._recorder.name_of(about, type, reason, message, component, host, self.now())
        before = self.store.get("Event", name, about.namespace or "default")
        last = before.body if before else None
        body = event_body(name, about, type, reason, message, component, host, self.now(), last, field_path)
        self._registry.put(kind_named("Event"), body, before)

    def adopt(self, found: Object) -> Object:
        """Store an object that bring-up made beside the API, with what the server writes into every one."""
        return self._registry.adopt(found)

    def put_status(self, of: Object, status: Body) -> Object:
        """Write the status of an object as one of the control plane's own programs knows it: nothing is checked."""
        before = self.get(of.kind, of.name, of.namespace)
        return self._registry.write(self._kind(of.kind), {**before.body, "status": dict(status)}, before)

    @staticmethod
    def _kind(kind: str) -> Kind:
        found = find_kind(kind)
        if found is None:
            raise StatusError(404, "NotFound", "the server could not find the requested resource")
        return found


def _patched(body: dict[str, Any], patch: Any, type_: PatchType, kind: Kind) -> Any:
    if type_ == "json":
        return json_patch(body, patch)
    if not isinstance(patch, Mapping):
        raise bad_request(
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"
        )
    return merge_patch(body, patch) if type_ == "merge" else strategic_merge(body, patch, Schema.of(kind.kind))


def _scale_body(of: Object) -> dict[str, Any]:
    return {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": of.name, "namespace": of.namespace},
        "spec": {"replicas": value_at(of.body, "spec", "replicas") or 0},
        "status": {"replicas": value_at(of.body, "status", "replicas") or 0},
    }
