"""The API server: every write is checked, filled in and refused as Kubernetes does it; every read is a list or a get.

    body -> served version -> strict check -> defaults -> namespace -> validation -> allocation -> store

Controllers, kubelets and the terminal all go through here. Source: k8s.io/apiserver pkg/registry/generic/registry
(store.go), pkg/registry/rest (create.go, update.go, delete.go).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from app.kube import admission
from app.kube.bodies import (
    Body,
    derived_uid,
    free_name,
    list_at,
    mapping_at,
    plain,
    time_text,
    value_at,
    with_metadata,
    with_value,
)
from app.kube.clusterspec import ClusterSpec
from app.kube.deletion import Deletion, Propagation, is_removed_at_once
from app.kube.eventrecorder import EventRecorder, EventType, event_body
from app.kube.fieldselectors import FieldSelector
from app.kube.firstobjects import missing_namespaces
from app.kube.objects import Object
from app.kube.patches import merge_patch
from app.kube.scheme import Kind, deprecation, find_kind, kind_named, served_kind
from app.kube.selectors import Selector
from app.kube.status import (
    StatusError,
    already_exists,
    bad_request,
    conflict,
    forbidden,
    method_not_allowed,
    no_match,
    not_found,
)
from app.kube.store import Store

PatchType = Literal["strategic", "merge", "json"]
KEPT = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds")
"""Fields of `metadata` that only the server writes."""


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
        self._warnings: list[str] = []
        if self.acts:
            present = [each.name for each in store.list("Namespace")]
            for body in list(missing_namespaces((each.namespace for each in store), present)):
                self.create(body)

    # -- reading

    def get(self, kind: str, name: str, namespace: str = "") -> Object:
        """Return one object; StatusError NotFound. A namespaced kind without namespace is looked for in `default`."""
        found = self.find(kind, name, namespace)
        if found is None:
            raise not_found(self._kind(kind), name)
        return found

    def find(self, kind: str, name: str, namespace: str = "") -> Object | None:
        """Return one object, or None."""
        return self.store.get(kind, name, _place(self._kind(kind), namespace))

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

    def take_warnings(self) -> tuple[str, ...]:
        """Return the warnings of the requests since the last call: what kubectl prints after `Warning: `."""
        taken = tuple(dict.fromkeys(self._warnings))
        self._warnings.clear()
        return taken

    # -- writing

    def create(self, body: Body, namespace: str = "", *, dry_run: bool = False, validation: str = "Strict") -> Object:
        """Store a new object. StatusError: it cannot be read, its names are taken, or something in it is wrong.

        `validation` is what happens to unknown fields: Strict refuses, Warn warns, Ignore drops them.
        """
        kind, given = self._decode(body, namespace, validation)
        if self.acts:
            given = admission.defaulted(kind, given, self.version)
            self._check_namespace(kind, given)
        given = self._named(kind, given)
        name, place = given["metadata"]["name"], given["metadata"].get("namespace", "")
        given = self._identified(kind, given)
        if self.acts:
            given = admission.prepared(kind, given, self.version)
            admission.validate(kind, given, self.version)
        if self.store.get(kind.kind, name, place) is not None:
            raise already_exists(kind, name)
        return self._keep(kind, given, None, dry_run=dry_run)

    def update(self, body: Body, *, subresource: str = "", dry_run: bool = False) -> Object:
        """Replace an object, or its status, or its scale. StatusError Conflict: `metadata.resourceVersion` is old."""
        if subresource == "scale":
            raise bad_request("a Scale is written by patch or by scale()")
        kind, given = self._decode(body, "", "Strict")
        return self._replace(kind, given, subresource, dry_run=dry_run)

    def patch(
        self, kind: str, name: str, namespace: str, patch: Any, type: PatchType = "strategic",  # noqa: A002
        *, subresource: str = "", dry_run: bool = False,
    ) -> Object:  # fmt: skip
        """Change an object. `patch` is plain data: a mapping, or for `json` a list of operations."""
        of_kind = self._kind(kind)
        before = self.get(kind, name, namespace)
        if type == "json":
            raise bad_request("JSON patches are not read yet")
        if subresource == "scale":
            target = _scale_body(before)
            scaled = merge_patch(target, patch)
            return self.scale(kind, name, before.namespace, value_at(scaled, "spec", "replicas"), dry_run=dry_run)
        body = merge_patch(before.body, patch)
        if "resourceVersion" not in mapping_at(patch, "metadata"):
            body = with_metadata(body, resourceVersion=None)
        _, given = self._decode(body, before.namespace, "Strict")
        return self._replace(of_kind, given, subresource, dry_run=dry_run)

    def scale(self, kind: str, name: str, namespace: str, replicas: int, *, dry_run: bool = False) -> Object:
        """Set `spec.replicas`; return the object."""
        of_kind = self._kind(kind)
        if "scale" not in of_kind.subresources:
            raise method_not_allowed(of_kind, name)
        before = self.get(kind, name, namespace)
        body = with_value(with_metadata(before.body, resourceVersion=None), ("spec", "replicas"), replicas)
        return self._replace(of_kind, body, "", dry_run=dry_run)

    def delete(
        self, kind: str, name: str, namespace: str = "", *, propagation: Propagation = "Background",
        grace_seconds: int | None = None, dry_run: bool = False,
    ) -> Object:  # fmt: skip
        """Delete an object, or begin to: Pods end gracefully, finalizers are waited for. Return its last state."""
        before = self.get(kind, name, namespace)
        if dry_run:
            return before
        how = Deletion(propagation, grace_seconds, self.now())
        if not self.acts or is_removed_at_once(before, how):
            return self._remove(before)
        body = how.marked(before)
        return before if body is None else self._write(self._kind(kind), body, before)

    def bind(self, namespace: str, pod: str, node: str) -> None:
        """Put a Pod on a node, as the scheduler does. StatusError Conflict: it is on one."""
        before = self.get("Pod", pod, namespace)
        if value_at(before.body, "spec", "nodeName"):
            raise conflict(kind_named("Pod"), pod, f"pod {pod} is already assigned to node "
                           f'"{value_at(before.body, "spec", "nodeName")}"')  # fmt: skip
        body = with_value(before.body, ("spec", "nodeName"), node)
        scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None,
                     "lastTransitionTime": time_text(self.now())}  # fmt: skip
        others = [each for each in list_at(body, "status", "conditions") if value_at(each, "type") != "PodScheduled"]
        body = with_value(body, ("status", "conditions"), [*others, scheduled])
        self._write(kind_named("Pod"), body, before)

    def finalize(self, kind: str, name: str, namespace: str = "", finalizer: str = "") -> Object:
        """Take a finalizer away (of a Namespace: `spec.finalizers`); what is being deleted and has none left, goes."""
        before = self.get(kind, name, namespace)
        if kind == "Namespace":
            body = with_value(before.body, ("spec", "finalizers"), [])
        else:
            left = [each for each in list_at(before.body, "metadata", "finalizers") if each != finalizer]
            body = with_metadata(before.body, finalizers=left or None)
        return self._write(self._kind(kind), body, before)

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
        name = self._recorder.name_of(about, type, reason, message, component, host)
        before = self.store.get("Event", name, about.namespace or "default")
        last = before.body if before else None
        body = event_body(name, about, type, reason, message, component, host, self.now(), last, field_path)
        kind = kind_named("Event")
        self._keep(kind, self._identified(kind, body) if before is None else body, before)

    def put_status(self, of: Object, status: Body) -> Object:
        """Write the status of an object as one of the control plane's own programs knows it: nothing is checked."""
        before = self.get(of.kind, of.name, of.namespace)
        return self._write(self._kind(of.kind), {**before.body, "status": dict(status)}, before)

    # -- the way of a write

    def _kind(self, kind: str) -> Kind:
        found = find_kind(kind)
        if found is None:
            raise StatusError(404, "NotFound", "the server could not find the requested resource")
        return found

    def _decode(self, body: Any, namespace: str, validation: str) -> tuple[Kind, dict[str, Any]]:
        """Return the kind and a copy of the body in its stored version, with its namespace."""
        if not isinstance(body, Mapping):
            raise bad_request("the body of the request must be an object")
        api_version, name = body.get("apiVersion"), body.get("kind")
        served = served_kind(str(api_version), str(name), self.version)
        if served is None and not self.acts and (known := find_kind(str(name))):
            return known, _placed(known, plain(body), namespace)
        if served is None:
            raise no_match(str(api_version), str(name))
        kind, version = served
        if warning := deprecation(kind.preferred(self.version), self.version):
            self._warnings.append(warning)
        given = plain(body)
        if self.acts:
            given, warnings = admission.decoded(kind, version, given, validation)
            self._warnings += warnings
        return kind, _placed(kind, given, namespace)

    def _check_namespace(self, kind: Kind, body: Body) -> None:
        place = mapping_at(body, "metadata").get("namespace", "")
        if not kind.is_namespaced:
            return
        found = self.store.get("Namespace", place)
        if found is None:
            raise not_found(kind_named("Namespace"), place)
        if mapping_at(found.body, "metadata").get("deletionTimestamp"):
            why = f"unable to create new content in namespace {place} because it is being terminated"
            raise forbidden(kind, str(mapping_at(body, "metadata").get("name", "")), why)

    def _named(self, kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
        metadata = body["metadata"]
        prefix, place = metadata.get("generateName"), metadata.get("namespace", "")
        if metadata.get("name"):
            return body
        if not prefix:
            raise admission.nameless(kind)
        seed = f"{kind.kind}/{place}/{self.store.resource_version}"
        name = free_name(str(prefix), lambda each: self.store.get(kind.kind, each, place) is not None, seed)
        return with_metadata(body, name=name)

    def _identified(self, kind: Kind, body: Body) -> dict[str, Any]:
        """Return a new object's body with what the server writes into every one."""
        metadata = mapping_at(body, "metadata")
        name, place = str(metadata["name"]), str(metadata.get("namespace", ""))
        return with_metadata(
            body,
            creationTimestamp=time_text(self.now()),
            generation=1 if admission.counts_generations(kind, self.version) else None,
            uid=derived_uid(kind.kind, place, name, self.store.resource_version),
            deletionTimestamp=None,
            deletionGracePeriodSeconds=None,
            managedFields=None,
            selfLink=None,
        )

    def _replace(self, kind: Kind, given: dict[str, Any], subresource: str, *, dry_run: bool) -> Object:
        metadata = given["metadata"]
        before = self.get(kind.kind, str(metadata.get("name", "")), metadata.get("namespace", ""))
        wanted = metadata.get("resourceVersion")
        if wanted and str(wanted) != str(before.resource_version):
            raise conflict(kind, before.name)
        if subresource == "status":
            if not kind.has_status:
                raise method_not_allowed(kind, before.name)
            body = {**before.body, "status": given.get("status", {})}
        else:
            body = self._merged(kind, given, before)
        if self.acts:
            admission.validate_update(kind, body, before, self.version, subresource)
        return self._write(kind, body, before, dry_run=dry_run)

    def _merged(self, kind: Kind, given: dict[str, Any], before: Object) -> dict[str, Any]:
        """Return a replacement with what the server keeps: identity, deletion, status."""
        old = mapping_at(before.body, "metadata")
        body = with_metadata(given, managedFields=None, selfLink=None, **{name: old.get(name) for name in KEPT})
        if kind.has_status:
            body.pop("status", None)
            if "status" in before.body:
                body["status"] = before.body["status"]
        return admission.defaulted_update(kind, body, before, self.version) if self.acts else body

    def _write(self, kind: Kind, body: Body, before: Object, *, dry_run: bool = False) -> Object:
        """Store a changed object: nothing if nothing changed, gone if it only waited for its last finalizer."""
        body = with_metadata(body, resourceVersion=mapping_at(before.body, "metadata").get("resourceVersion"))
        if body == before.body:
            return before
        if body.get("spec") != before.body.get("spec") and admission.counts_generations(kind, self.version):
            body = with_metadata(body, generation=int(mapping_at(body, "metadata").get("generation", 0)) + 1)
        metadata = mapping_at(body, "metadata")
        waits = (
            metadata.get("finalizers")
            or list_at(body, "spec", "finalizers")
            or metadata.get("deletionGracePeriodSeconds")
        )
        kept = self._keep(kind, body, before, dry_run=dry_run)
        if metadata.get("deletionTimestamp") and not waits and not dry_run:
            return self._remove(kept)
        return kept

    def _keep(self, kind: Kind, body: Body, before: Object | None, *, dry_run: bool = False) -> Object:
        if not dry_run:
            body = with_metadata(body, resourceVersion=str(self.store.resource_version + 1))
        found = admission.typed(kind, body, before)
        return found if dry_run else self.store.apply(found)

    def _remove(self, gone: Object) -> Object:
        self.store.delete(gone.kind, gone.name, gone.namespace)
        if gone.kind == "Event":
            self._recorder.forget(gone.name)
        return gone


def _scale_body(of: Object) -> dict[str, Any]:
    return {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": of.name, "namespace": of.namespace},
        "spec": {"replicas": value_at(of.body, "spec", "replicas") or 0},
        "status": {"replicas": value_at(of.body, "status", "replicas") or 0},
    }


def _place(kind: Kind, namespace: str) -> str:
    return (namespace or "default") if kind.is_namespaced else ""


def _placed(kind: Kind, body: dict[str, Any], namespace: str) -> dict[str, Any]:
    """Return a body with the namespace that it is written to."""
    metadata = mapping_at(body, "metadata")
    given = str(metadata.get("namespace") or "")
    if not kind.is_namespaced:
        return with_metadata(body, namespace=None)
    if given and namespace and given != namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    return with_metadata(body, namespace=given or namespace or "default")
