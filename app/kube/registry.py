"""The way of a write: decoded, named, filled in, checked, given its addresses, stored; or refused.

Source: k8s.io/apiserver pkg/registry/generic/registry/store.go, pkg/registry/rest (create.go, update.go).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.core.limits import limit
from app.kube import admission
from app.kube.allocation import Allocator, RangeFullError, carried
from app.kube.bodies import Body, derived_uid, free_name, list_at, mapping_at, plain, time_text, with_metadata
from app.kube.clusterspec import ClusterSpec
from app.kube.firstobjects import missing_namespaces
from app.kube.ingressclass import with_default_class
from app.kube.nodestatus import PODS
from app.kube.objects import Object
from app.kube.scheme import Kind, Served, deprecation, find_kind, kind_named, served_kind
from app.kube.services import Service
from app.kube.status import (
    StatusError,
    already_exists,
    bad_request,
    conflict,
    forbidden,
    invalid,
    method_not_allowed,
    no_match,
    not_found,
)
from app.kube.store import Store

KEPT = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds")
"""Fields of `metadata` that only the server writes."""


class Registry:
    """Writes objects. `acts` is False under `controllers: none`: then nothing is filled in and nothing is checked."""

    def __init__(self, spec: ClusterSpec, store: Store, now: Callable[[], datetime]) -> None:
        self.store = store
        self.now = now
        self.version = spec.version_numbers
        self.acts = spec.controllers == "all"
        self.allocator = Allocator(spec)
        self.warnings: list[str] = []
        if self.acts:
            self._adopt()

    def _adopt(self) -> None:
        """Give the objects of the cluster file what the server writes, and the first namespaces their being."""
        for found in list(self.store):
            if "uid" not in mapping_at(found.body, "metadata"):
                self.adopt(found)
            if isinstance(found, Service):
                self.allocator.take(found)
        present = [each.name for each in self.store.list("Namespace")]
        for body in list(missing_namespaces((each.namespace for each in self.store), present)):
            self.create(body, "", dry_run=False, validation="Strict")

    def adopt(self, found: Object) -> Object:
        """Store an object that did not come through the API with what the server writes into every one."""
        if not self.acts:
            return self.store.apply(found)
        kind = find_kind(found.kind)
        body = dict(found.body)
        if kind is not None:
            body = self._classed(kind, admission.adopted(kind, body, self.version))
        metadata = {
            **mapping_at(body, "metadata"),
            **({"namespace": found.namespace} if found.namespace else {}),
            "uid": derived_uid(found.kind, found.namespace, found.name, 0),
            "resourceVersion": str(self.store.resource_version + 1),
        }
        metadata.setdefault("creationTimestamp", time_text(self.now()))
        if kind is not None and admission.counts_generations(kind, self.version):
            metadata.setdefault("generation", 1)
        body["metadata"] = metadata
        return self.store.apply(replace(found, body=body))

    def _classed(self, kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
        """Give an Ingress its default class."""
        if kind.kind != "Ingress":
            return body
        return with_default_class(body, self.store.list("IngressClass"), self.version)

    # -- creating

    def create(self, body: Any, namespace: str, *, dry_run: bool, validation: str) -> Object:
        """Store a new object."""
        kind, given = self.decode(body, namespace, validation)
        if self.acts:
            given = admission.defaulted(kind, given, self.version)
            self._check_namespace(kind, given)
        given = self._identified(kind, self._named(kind, given))
        if self.acts:
            given = self._classed(kind, admission.prepared(kind, given, self.version))
            admission.validate(kind, given)
        name, place = given["metadata"]["name"], given["metadata"].get("namespace", "")
        if self.store.get(kind.kind, name, place) is not None:
            raise already_exists(kind, name)
        if self.acts and kind.kind == "Pod":
            self._check_quota(kind, name)
        return self.keep(kind, given, None, dry_run=dry_run)

    def _check_quota(self, kind: Kind, name: str) -> None:
        """Refuse a Pod where there are all that the nodes can run and a limit of waiting ones, in a quota's words."""
        most = int(PODS) * self.store.count("Node") + limit("cluster.waiting_pods")
        used = self.store.count("Pod")
        if used >= most:
            raise forbidden(
                kind, name, f"exceeded quota: podwalk, requested: pods=1, used: pods={used}, limited: pods={most}"
            )

    def decode(self, body: Any, namespace: str, validation: str) -> tuple[Kind, dict[str, Any]]:
        """Return the kind and a copy of the body in its stored version, with its namespace."""
        if not isinstance(body, Mapping):
            raise bad_request("the body of the request must be an object")
        api_version, name = body.get("apiVersion"), body.get("kind")
        given = plain(body)
        served = served_kind(str(api_version), str(name), self.version)
        if served is None and not self.acts and (known := find_kind(str(name))):
            return known, _placed(known, given, namespace)
        if served is None and (known := find_kind(str(name))) and known.is_stored_as(str(api_version), self.version):
            served = known, Served(known.group, known.version, known.since)
        if served is None:
            raise no_match(str(api_version), str(name))
        kind, version = served
        if warning := deprecation(replace(kind, group=version.group, version=version.version), self.version):
            self.warnings.append(warning)
        if self.acts:
            given, warnings = admission.decoded(kind, version, given, validation)
            self.warnings += warnings
        return kind, _placed(kind, given, namespace)

    def _check_namespace(self, kind: Kind, body: Body) -> None:
        place = str(mapping_at(body, "metadata").get("namespace", ""))
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

    # -- changing

    def replace(self, kind: Kind, given: dict[str, Any], before: Object, subresource: str, *, dry_run: bool) -> Object:
        """Store a changed object. StatusError Conflict: its `metadata.resourceVersion` is old."""
        wanted = mapping_at(given, "metadata").get("resourceVersion")
        if wanted and str(wanted) != str(before.resource_version):
            raise conflict(kind, before.name)
        if subresource == "status":
            if not kind.has_status:
                raise method_not_allowed(kind, before.name)
            body: dict[str, Any] = {**before.body, "status": given.get("status", {})}
        else:
            body = self._merged(kind, given, before)
            if self.acts:
                admission.validate_update(kind, body, before)
        return self.write(kind, body, before, dry_run=dry_run)

    def _merged(self, kind: Kind, given: dict[str, Any], before: Object) -> dict[str, Any]:
        """Return a replacement with what the server keeps: identity, deletion, status, addresses."""
        old = mapping_at(before.body, "metadata")
        body = with_metadata(given, managedFields=None, selfLink=None, **{name: old.get(name) for name in KEPT})
        if kind.has_status:
            body.pop("status", None)
            if "status" in before.body:
                body["status"] = before.body["status"]
        if not self.acts:
            return body
        if kind.kind == "Service":
            body = carried(body, before.body)
        return admission.defaulted(kind, body, self.version)

    def write(self, kind: Kind, body: Body, before: Object, *, dry_run: bool = False) -> Object:
        """Store a changed object: nothing if nothing changed, gone if it only waited for its last finalizer."""
        body = with_metadata(body, resourceVersion=mapping_at(before.body, "metadata").get("resourceVersion"))
        if body == before.body:
            return before
        if body.get("spec") != before.body.get("spec") and admission.counts_generations(kind, self.version):
            body = with_metadata(body, generation=int(mapping_at(body, "metadata").get("generation", 0)) + 1)
        kept = self.keep(kind, body, before, dry_run=dry_run)
        metadata = mapping_at(body, "metadata")
        waits = (
            metadata.get("finalizers")
            or (kind.kind == "Namespace" and list_at(body, "spec", "finalizers"))
            or metadata.get("deletionGracePeriodSeconds")
        )
        if metadata.get("deletionTimestamp") and not waits and not dry_run:
            return self.remove(kept)
        return kept

    def keep(self, kind: Kind, body: Body, before: Object | None, *, dry_run: bool = False) -> Object:
        """Store an object whose body is right."""
        if not dry_run:
            body = with_metadata(body, resourceVersion=str(self.store.resource_version + 1))
        found = admission.typed(kind, body, before)
        if self.acts and isinstance(found, Service):
            found = self._allocated(kind, found, before, dry_run=dry_run)
        return found if dry_run else self.store.apply(found)

    def _allocated(self, kind: Kind, wanted: Service, before: Object | None, *, dry_run: bool) -> Service:
        """Return a Service with its addresses; what a refused or pretended request took is given back."""
        old = before if isinstance(before, Service) else None
        if old is not None:
            self.allocator.release(old)
        filled: Service | None = None
        refusals = self.allocator.take(wanted)
        try:
            filled = self.allocator.fill(wanted) if not refusals else None
        except RangeFullError as error:
            raise StatusError(500, "InternalError", f"Internal error occurred: failed to allocate: {error}") from None
        finally:
            if filled is None or dry_run:
                self.allocator.release(filled or wanted)
                if old is not None:
                    self.allocator.take(old)
        if filled is None:
            raise invalid(kind, wanted.name, [refusal.cause for refusal in refusals])
        return filled

    def put(self, kind: Kind, body: Body, before: Object | None) -> Object:
        """Store what the control plane made itself, unchecked: an Event."""
        return self.keep(kind, self._identified(kind, body) if before is None else body, before)

    def remove(self, gone: Object) -> Object:
        """Take an object out of the store."""
        self.store.delete(gone.kind, gone.name, gone.namespace)
        if isinstance(gone, Service):
            self.allocator.release(gone)
        return gone


def _placed(kind: Kind, body: dict[str, Any], namespace: str) -> dict[str, Any]:
    """Return a body with the namespace that it is written to."""
    given = str(mapping_at(body, "metadata").get("namespace") or "")
    if not kind.is_namespaced:
        return with_metadata(body, namespace=None)
    if given and namespace and given != namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    return with_metadata(body, namespace=given or namespace or "default")
