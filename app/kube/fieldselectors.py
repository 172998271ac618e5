"""Field selectors: `status.phase!=Running,spec.nodeName=`; only the fields that Kubernetes indexes for a kind.

Source: k8s.io/apimachinery pkg/fields/selector.go; pkg/registry/*/strategy.go and pkg/apis/core/v1/conversion.go for
the fields of each kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.kube.bodies import value_at
from app.kube.scheme import Kind
from app.kube.status import bad_request

COMMON = ("metadata.name", "metadata.namespace")
FIELDS: Mapping[str, tuple[str, ...]] = {
    "Pod": (
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
        "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName",
    ),
    "Node": ("spec.unschedulable",),
    "Namespace": ("status.phase",),
    "Secret": ("type",),
    "Service": ("spec.clusterIP", "spec.type"),
    "ReplicaSet": ("status.replicas",),
    "Event": (
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
        "reportingComponent", "source", "type",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """Terms that must all hold: field, value, and whether the value must differ."""

    terms: tuple[tuple[str, str, bool], ...] = ()

    @classmethod
    def parse(cls, text: str) -> FieldSelector:
        """Return the selector of `kubectl --field-selector TEXT`; StatusError if it is none."""
        return cls(tuple(_term(part) for part in text.split(",") if part))

    @classmethod
    def equal(cls, **fields: str) -> FieldSelector:
        """Return the selector of fields with these values; a dot is written `__`."""
        return cls(tuple((name.replace("__", "."), value, False) for name, value in fields.items()))

    def check(self, kind: Kind) -> None:
        """StatusError if a field is not one that the API can select a kind by."""
        known = (*COMMON, *FIELDS.get(kind.kind, ()))
        for field, _, _ in self.terms:
            if field not in known:
                group = f"{kind.group}/{kind.version}" if kind.group else f"/{kind.version}"
                raise bad_request(
                    f'Unable to find "{group}, Resource={kind.plural}" that match label selector "", field selector '
                    f'"{self}": field label not supported: {field}'
                )

    def matches(self, body: Mapping[str, Any]) -> bool:
        """Say whether an object is selected."""
        return all((field_text(body, field) == value) != is_not for field, value, is_not in self.terms)

    def __str__(self) -> str:
        return ",".join(f"{field}{'!=' if is_not else '='}{value}" for field, value, is_not in self.terms)


def _term(text: str) -> tuple[str, str, bool]:
    for operator, is_not in (("!=", True), ("==", False), ("=", False)):
        field, found, value = text.partition(operator)
        if found:
            return field, value, is_not
    raise bad_request(f"invalid selector: '{text}'; can't understand '{text}'")


def field_text(body: Mapping[str, Any], field: str) -> str:
    """Return a field's value as selectors compare it; "" if there is none."""
    value = value_at(body, *field.split("."))
    if field == "source" and isinstance(value, Mapping):
        value = value.get("component")
    if value is None or isinstance(value, Mapping | list):
        return "false" if field in ("spec.unschedulable", "spec.hostNetwork") else ""
    return str(value).lower() if isinstance(value, bool) else str(value)
