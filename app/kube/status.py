"""What the API server answers when it refuses: a Status, in Kubernetes' own words.

Source: k8s.io/apimachinery pkg/api/errors/errors.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.kube.scheme import Kind


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that is wrong with an object: `field` is a path like `spec.ports[0].port`.

    `reason` is FieldValueRequired, FieldValueInvalid ...; `message` is the text after the path.
    """

    field: str
    message: str
    reason: str = "FieldValueInvalid"

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class StatusError(Exception):
    """A refused request. `str(error)` is the message; kubectl puts `Error from server (REASON): ` before it."""

    def __init__(self, code: int, reason: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details: Mapping[str, Any] = details or {}
        self.causes: tuple[Cause, ...] = ()

    def body(self) -> dict[str, Any]:
        """Return the `Status` object that the server would send."""
        return {
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.message,
            "reason": self.reason, **({"details": dict(self.details)} if self.details else {}), "code": self.code,
        }  # fmt: skip


def _details(kind: Kind | None, name: str, *, of_kind: bool = False) -> dict[str, Any]:
    if kind is None:
        return {"name": name}
    group = {"group": kind.group} if kind.group else {}
    return {"name": name, **group, "kind": kind.kind if of_kind else kind.plural}


def not_found(kind: Kind, name: str) -> StatusError:
    """`pods "x" not found`."""
    return StatusError(404, "NotFound", f'{kind.resource} "{name}" not found', _details(kind, name))


def already_exists(kind: Kind, name: str) -> StatusError:
    """`pods "x" already exists`."""
    return StatusError(409, "AlreadyExists", f'{kind.resource} "{name}" already exists', _details(kind, name))


def conflict(kind: Kind, name: str, why: str = "") -> StatusError:
    """`Operation cannot be fulfilled on pods "x": the object has been modified; ...`."""
    why = why or "the object has been modified; please apply your changes to the latest version and try again"
    message = f'Operation cannot be fulfilled on {kind.resource} "{name}": {why}'
    return StatusError(409, "Conflict", message, _details(kind, name))


def forbidden(kind: Kind, name: str, why: str) -> StatusError:
    """`pods "x" is forbidden: WHY`."""
    subject = f'{kind.resource} "{name}"' if name else kind.resource
    return StatusError(403, "Forbidden", f"{subject} is forbidden: {why}", _details(kind, name))


def invalid(kind: Kind, name: str, causes: Sequence[Cause]) -> StatusError:
    """`Service "x" is invalid: spec.ports[0].port: Invalid value: ...`; several causes stand in brackets."""
    texts = list(dict.fromkeys(str(cause) for cause in causes))
    shown = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    listed = [{"reason": cause.reason, "message": cause.message, "field": cause.field} for cause in causes]
    details = {**_details(kind, name, of_kind=True), "causes": listed}
    error = StatusError(422, "Invalid", f'{kind.qualified_kind} "{name}" is invalid: {shown}', details)
    error.causes = tuple(causes)
    return error


def bad_request(message: str) -> StatusError:
    """Any text: the request itself cannot be read."""
    return StatusError(400, "BadRequest", message)


def no_match(api_version: str, kind: str) -> StatusError:
    """`no matches for kind "Ingress" in version "extensions/v1beta1"`: kubectl's own, after it asked for discovery.

    Source: k8s.io/apimachinery pkg/api/meta/errors.go, NoKindMatchError.
    """
    return StatusError(404, "NoMatch", f'no matches for kind "{kind}" in version "{api_version}"')


def method_not_allowed(kind: Kind, name: str) -> StatusError:
    """For a subresource that a kind has not."""
    return StatusError(404, "NotFound", "the server could not find the requested resource", _details(kind, name))
