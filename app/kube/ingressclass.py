"""Which class an Ingress gets that names none: the one that is marked as the default.

Source: plugin/pkg/admission/network/defaultingressclass/admission.go; of several, the newest is taken since 1.26
(kubernetes PR 110974), and until then the Ingress is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.kube.bodies import mapping_at, value_at, with_value
from app.kube.objects import Object
from app.kube.scheme import Version, kind_named
from app.kube.status import forbidden

__all__ = ["with_default_class"]

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
NEWEST_SINCE = (1, 26)


def with_default_class(body: dict[str, Any], classes: Iterable[Object], version: Version) -> dict[str, Any]:
    """Return an Ingress with the default class where it names none. StatusError Forbidden: there are several."""
    if value_at(body, "spec", "ingressClassName") or CLASS_ANNOTATION in mapping_at(body, "metadata", "annotations"):
        return body
    marked = [each for each in classes if each.metadata.annotations.get(DEFAULT_CLASS) == "true"]
    if not marked:
        return body
    if len(marked) > 1 and version < NEWEST_SINCE:
        why = f"Internal error occurred: {len(marked)} default IngressClasses were found, only 1 allowed"
        raise forbidden(kind_named("Ingress"), body["metadata"]["name"], why)
    by_name = sorted(marked, key=lambda each: each.name)
    newest = max(by_name, key=lambda each: str(value_at(each.body, "metadata", "creationTimestamp") or ""))
    return with_value(body, ("spec", "ingressClassName"), newest.name)
