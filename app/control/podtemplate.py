"""From a Pod template to a Pod: its body, its name, and the hash that tells one template from another.

Source: Kubernetes pkg/controller/controller_utils.go (GetPodFromTemplate, ComputeHash), apimachinery util/rand.
The real hash is FNV-32a over Go's print of the structure; here it is FNV-32a over the template as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.control.ownership import owner_reference
from app.kube.bodies import NAME_LETTERS, mapping_at
from app.kube.objects import Object

HASH_LABEL = "pod-template-hash"
REVISION_LABEL = "controller-revision-hash"
"""What Pods of a DaemonSet or StatefulSet have in place of it."""


def without_hash(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return a Pod template as its workload has it: without the label that tells its ReplicaSet."""
    metadata = template.get("metadata") or {}
    labels = {key: text for key, text in (metadata.get("labels") or {}).items() if key != HASH_LABEL}
    return {**template, "metadata": {**metadata, "labels": labels}}


def template_hash(template: Mapping[str, Any], collisions: int = 0) -> str:
    """Return the hash of a Pod template, up to ten letters of `456789bcdf`: the digits of a number, made safe."""
    text = json.dumps(without_hash(template), sort_keys=True, separators=(",", ":"))
    if collisions:
        text += str(collisions)
    return safe_text(str(_fnv32a(text.encode())))


def revision_of(owner: Object) -> str:
    """Return the hash of a workload's template as it is now."""
    return template_hash(mapping_at(owner.body, "spec", "template"))


def _fnv32a(data: bytes) -> int:
    number = 0x811C9DC5
    for byte in data:
        number = ((number ^ byte) * 0x01000193) & 0xFFFFFFFF
    return number


def safe_text(text: str) -> str:
    """Return `text` with each letter replaced by one that makes no words. Source: rand.SafeEncodeString()."""
    return "".join(NAME_LETTERS[ord(letter) % len(NAME_LETTERS)] for letter in text)


def pod_of_template(template: Mapping[str, Any], owner: Object, name: str) -> dict[str, Any]:
    """Return the body of a Pod of `owner` with the template's labels, annotations, finalizers and spec."""
    given = template.get("metadata") or {}
    metadata: dict[str, Any] = {"name": name, "namespace": owner.namespace}
    for key in ("labels", "annotations", "finalizers"):
        if given.get(key):
            metadata[key] = dict(given[key]) if isinstance(given[key], Mapping) else list(given[key])
    metadata["ownerReferences"] = [owner_reference(owner)]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": dict(template.get("spec") or {})}
