"""What stands between a request and the store: decoding, defaults, checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from app.kube import defaults, poddefaults, validation
from app.kube.bodies import Body, mapping_at, with_metadata, with_value
from app.kube.decode import Slip, refusal, slips, slips_text
from app.kube.explain import path_text
from app.kube.objects import Object
from app.kube.scheme import Kind, Served, Version
from app.kube.status import Cause, StatusError, bad_request, invalid
from app.kube.strategic import go_text
from app.kube.typed import typed_object
from app.kube.versions import stored

GENERATIONS = frozenset(
    "DaemonSet Deployment EndpointSlice Ingress IngressClass NetworkPolicy ReplicaSet StatefulSet".split()
)
"""Kinds whose `metadata.generation` counts the changes of their spec; Pods since 1.33 (KEP-5067)."""
POD_GENERATION_SINCE = (1, 33)
NAME_LABEL = "kubernetes.io/metadata.name"
NAME_LABEL_SINCE = (1, 21)


def decoded(kind: Kind, version: Served, body: dict[str, Any], validate: str) -> tuple[dict[str, Any], Sequence[str]]:
    """Return a body in the stored version of its kind, and warnings. StatusError: it cannot be decoded.

    `validate` says what becomes of unknown fields: Strict refuses them, Warn warns, Ignore drops them.
    """
    found = slips(kind.kind, version.api_version, body)
    if any(not slip.unknown for slip in found) or (found and validate == "Strict"):
        raise bad_request(refusal(kind.kind, version.api_version, found))
    warnings = [slip.message for slip in found] if validate == "Warn" else []
    for slip in found:
        body = _without(body, slip)
    return stored(body, kind.api_version), warnings


def check_patched(kind: Kind, body: dict[str, Any], patch: Any) -> None:
    """StatusError in the words of a PATCH: something in the outcome cannot be decoded.

    Source: k8s.io/apiserver pkg/endpoints/handlers/patch.go, applyPatchToObject().
    """
    found = slips(kind.kind, kind.api_version, body)
    if not found:
        return
    cause = Cause("patch", f'Invalid value: "{go_text(patch)}": {slips_text(found)}')
    raise StatusError(
        422,
        "Invalid",
        f' "" is invalid: {cause}',
        {"causes": [{"reason": cause.reason, "message": cause.message, "field": cause.field}]},
    )


def _without(body: dict[str, Any], slip: Slip) -> dict[str, Any]:
    """Return a copy without the value at a path."""

    def copy(value: Any, path: Sequence[str | int]) -> Any:
        if isinstance(value, dict):
            if len(path) == 1:
                return {key: each for key, each in value.items() if key != path[0]}
            return {key: copy(each, path[1:]) if key == path[0] else each for key, each in value.items()}
        return [copy(each, path[1:]) if index == path[0] else each for index, each in enumerate(value)]

    changed = copy(body, slip.path)
    assert isinstance(changed, dict)
    return changed


def defaulted(kind: Kind, body: dict[str, Any], version: Version) -> dict[str, Any]:
    """Return a body with Kubernetes' defaults."""
    return defaults.default(kind.kind, body, version)


def prepared(kind: Kind, body: dict[str, Any], version: Version) -> dict[str, Any]:
    """Return a new object's body with what the server starts it with."""
    if kind.kind == "Namespace":
        labels = {**mapping_at(body, "metadata", "labels")}
        if version >= NAME_LABEL_SINCE:
            labels[NAME_LABEL] = body["metadata"]["name"]
        body = with_metadata(body, labels=labels or None)
        return {**with_value(body, ("spec", "finalizers"), ["kubernetes"]), "status": {"phase": "Active"}}
    if kind.kind == "Pod":
        return {
            **poddefaults.admitted_pod(body, version),
            "status": {"phase": "Pending", "qosClass": poddefaults.qos(body)},
        }
    if kind.has_status and kind.kind != "Node":
        return {**body, "status": {"loadBalancer": {}} if kind.kind in ("Service", "Ingress") else {}}
    return body


def adopted(kind: Kind, body: dict[str, Any], version: Version) -> dict[str, Any]:
    """Return the body of an object of the cluster file with what the server would have given it.

    Its status is what the file says, or for the components to write.
    """
    if kind.kind == "Namespace":
        return prepared(kind, body, version)
    body = defaults.default(kind.kind, body, version)
    return poddefaults.admitted_pod(body, version) if kind.kind == "Pod" else body


def validate(kind: Kind, body: Body) -> None:
    """StatusError Invalid if something in a new object is wrong."""
    if causes := validation.check_new(kind, body):
        raise invalid(kind, str(mapping_at(body, "metadata").get("name", "")), causes)


def validate_update(kind: Kind, body: Body, before: Object) -> None:
    """StatusError Invalid if something in a changed object is wrong, or may not change."""
    if causes := validation.check_update(kind, body, before.body):
        raise invalid(kind, before.name, causes)


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
