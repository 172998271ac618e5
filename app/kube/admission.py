"""What stands between a request and the store: decoding, defaults, checks."""

# ruff: noqa: ARG001

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from app.kube.bodies import Body, mapping_at, with_metadata, with_value
from app.kube.explain import path_text
from app.kube.objects import Object
from app.kube.scheme import Kind, Served, Version
from app.kube.status import Cause, StatusError, invalid
from app.kube.typed import typed_object

GENERATIONS = frozenset(
    "DaemonSet Deployment EndpointSlice Ingress IngressClass NetworkPolicy ReplicaSet StatefulSet".split()
)
"""Kinds whose `metadata.generation` counts the changes of their spec; Pods since 1.33 (KEP-5067)."""
POD_GENERATION_SINCE = (1, 33)


def decoded(kind: Kind, version: Served, body: dict[str, Any], validation: str) -> tuple[dict[str, Any], Sequence[str]]:
    """Return a body in the stored version of its kind, and warnings."""
    return {**body, "apiVersion": kind.api_version}, ()


def defaulted(kind: Kind, body: dict[str, Any], version: Version) -> dict[str, Any]:
    """Return a body with Kubernetes' defaults."""
    return body


def prepared(kind: Kind, body: dict[str, Any], version: Version) -> dict[str, Any]:
    """Return a new object's body with what the server starts it with."""
    if kind.kind == "Namespace":
        labels = {"kubernetes.io/metadata.name": body["metadata"]["name"], **mapping_at(body, "metadata", "labels")}
        body = with_metadata(body, labels=labels)
        return {**with_value(body, ("spec", "finalizers"), ["kubernetes"]), "status": {"phase": "Active"}}
    if kind.kind == "Pod":
        return {**body, "status": {"phase": "Pending"}}
    if kind.has_status:
        return {**body, "status": {"loadBalancer": {}} if kind.kind in ("Service", "Ingress") else {}}
    return body


def defaulted_update(kind: Kind, body: dict[str, Any], before: Object, version: Version) -> dict[str, Any]:
    """Return a replacement with defaults and with what was allocated before."""
    return body


def validate(kind: Kind, body: Body, version: Version) -> None:
    """StatusError Invalid if something in a new object is wrong."""


def validate_update(kind: Kind, body: Body, before: Object, version: Version, subresource: str) -> None:
    """StatusError Invalid if something in a changed object is wrong, or may not change."""


def counts_generations(kind: Kind, version: Version) -> bool:
    """Say whether a change of the spec raises `metadata.generation`."""
    return kind.kind in GENERATIONS or (kind.kind == "Pod" and version >= POD_GENERATION_SINCE)


def nameless(kind: Kind) -> StatusError:
    """Return the error of an object without a name."""
    return invalid(
        kind, "", [Cause("metadata.name", "Required value: name or generateName is required", "FieldValueRequired")]
    )


def typed(kind: Kind, body: Body, before: Object | None) -> Object:
    """Return the object of the store; StatusError Invalid where a typed kind cannot be read."""
    try:
        return typed_object(body, before)
    except ValidationError as error:
        causes = [Cause(path_text(tuple(each["loc"])), f"Invalid value: {each['msg']}") for each in error.errors()]
        raise invalid(kind, str(body["metadata"]["name"]), causes) from None
    except ValueError as error:
        raise invalid(kind, str(body["metadata"]["name"]), [Cause("metadata.annotations", str(error))]) from None
