"""The annotation in which `kubectl apply` keeps the manifest that it applied last.

Source: kubectl pkg/util/apply.go, GetModifiedConfiguration(), CreateApplyAnnotation().
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.control.revisions import LAST_APPLIED
from app.kube.bodies import value_at
from app.shell.kubectl.output.jsontext import compact_json

__all__ = ["LAST_APPLIED", "last_applied", "with_last_applied"]


def with_last_applied(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest with itself in its annotation: compact JSON, keys sorted, a newline at the end."""
    metadata = dict(body["metadata"])
    annotations = dict(metadata.get("annotations") or {})
    annotations.pop(LAST_APPLIED, None)
    kept = {**body, "metadata": {**metadata, "annotations": annotations}}
    text = compact_json(kept) + "\n"
    return {**body, "metadata": {**metadata, "annotations": {**annotations, LAST_APPLIED: text}}}


def last_applied(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the manifest that was applied last; None if the object was never applied, or the annotation is broken."""
    text = value_at(body, "metadata", "annotations", LAST_APPLIED)
    if not isinstance(text, str) or not text:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
