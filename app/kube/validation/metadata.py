"""`metadata` of every kind: names, labels, annotations, owners.

Sources: k8s.io/apimachinery pkg/api/validation/objectmeta.go; each kind's name function in pkg/apis/*/validation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.core.limits import limit
from app.kube.bodies import list_at, mapping_at
from app.kube.scheme import Kind
from app.kube.status import Cause
from app.kube.validation.causes import (
    Causes,
    dns_1035_label,
    dns_label,
    forbidden,
    labels,
    qualified_name,
    required,
    subdomain,
    wrong,
)

Body = Mapping[str, Any]


def _path_segment(at: str, value: str) -> Causes:
    """Roles may have any name that a URL can hold."""
    if value in (".", ".."):
        yield wrong(at, value, f"may not be '{value}'")
    for letter in "/%":
        if letter in value:
            yield wrong(at, value, f"may not contain '{letter}'")


NAMES: Mapping[str, Callable[[str, str], Causes]] = {
    "Service": dns_1035_label,
    "Namespace": dns_label,
    "Role": _path_segment,
    "RoleBinding": _path_segment,
    "ClusterRole": _path_segment,
    "ClusterRoleBinding": _path_segment,
    "Event": lambda _at, _value: iter(()),
}
"""What a name must be, where it is no DNS subdomain."""


def check(kind: Kind, body: Body) -> Causes:
    """Yield what is wrong with an object's metadata."""
    metadata = mapping_at(body, "metadata")
    name = str(metadata.get("name") or "")
    if prefix := metadata.get("generateName"):
        yield from NAMES.get(kind.kind, subdomain)("metadata.generateName", str(prefix).rstrip("-") or "-")
    if not name:
        yield required("metadata.name", "name or generateName is required")
    else:
        yield from NAMES.get(kind.kind, subdomain)("metadata.name", name)
    if kind.is_namespaced and (place := metadata.get("namespace")):
        yield from dns_label("metadata.namespace", str(place))
    yield from labels("metadata.labels", metadata.get("labels"))
    yield from annotation_map("metadata.annotations", metadata.get("annotations"))
    for index, finalizer in enumerate(list_at(metadata, "finalizers")):
        yield from qualified_name(f"metadata.finalizers[{index}]", str(finalizer))
    yield from _owners(metadata)


def template(at: str, metadata: Body) -> Causes:
    """Yield what is wrong with the metadata of a Pod template."""
    yield from labels(f"{at}.labels", metadata.get("labels"))
    yield from annotation_map(f"{at}.annotations", metadata.get("annotations"))


def annotation_map(at: str, given: Any) -> Causes:
    """Yield what is wrong with annotations: keys as of labels but in any case, at most 256 KiB together."""
    if not isinstance(given, Mapping):
        return
    for key in given:
        yield from qualified_name(at, key.lower(), key)
    size = sum(len(key.encode()) + len(str(value).encode()) for key, value in given.items())
    if size > (most := limit("cluster.annotation_bytes")):
        yield Cause(at, f"Too long: may not be more than {most} bytes", "FieldValueTooLong")


def _owners(metadata: Body) -> Causes:
    controllers = []
    for index, owner in enumerate(list_at(metadata, "ownerReferences")):
        at = f"metadata.ownerReferences[{index}]"
        for name in ("apiVersion", "kind", "name", "uid"):
            if not mapping_at(owner).get(name):
                yield wrong(f"{at}.{name}", "", f"{'version' if name == 'apiVersion' else name} must not be empty")
        if mapping_at(owner).get("controller"):
            controllers.append(str(mapping_at(owner).get("name")))
    if len(controllers) > 1:
        yield wrong(
            "metadata.ownerReferences",
            list_at(metadata, "ownerReferences"),
            'Only one reference can have Controller set to true. Found "true" in references for '
            f"{controllers[0]} and {controllers[1]}",
        )


def check_update(body: Body, before: Body) -> Causes:
    """Yield what may not change: finalizers are not added to what is being deleted."""
    old, new = mapping_at(before, "metadata"), mapping_at(body, "metadata")
    if old.get("deletionTimestamp"):
        added = [each for each in list_at(new, "finalizers") if each not in list_at(old, "finalizers")]
        if added:
            names = ", ".join(f'"{each}"' for each in added)
            yield forbidden(
                "metadata.finalizers",
                "no new finalizers can be added if the object is being deleted, found new finalizers "
                f"[]string{{{names}}}",
            )
