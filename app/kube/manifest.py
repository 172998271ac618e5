"""From YAML documents to objects: lists opened, Pods and Nodes checked, every other kind kept as it is.

Pods and Nodes are held against the fields that podwalk acts on; a field that looks like a slip of a known one is
refused in Kubernetes' own words (`unknown field "spec.nodeNmae"`), any other unknown field is kept and
noted under `controllers: none`, refused by app.kube.filecheck otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.errors import ManifestError, Mark, PodwalkError, did_you_mean, nearest
from app.core.limits import limit
from app.core.yaml12 import Document, Path
from app.kube.explain import path_text, without_nulls
from app.kube.fields import CLUSTER_SCOPED
from app.kube.objects import Metadata, Object
from app.kube.values import kind_of


@dataclass(frozen=True)
class Raw:
    """One manifest: its data (nulls left out) and where it stands in its document (a List's item has a path)."""

    document: Document
    data: Mapping[str, Any]
    base: Path = ()

    @property
    def kind(self) -> str:
        """`kind`."""
        return str(self.data["kind"])

    @property
    def api_version(self) -> str:
        """`apiVersion`."""
        return str(self.data["apiVersion"])

    def mark(self, *path: str | int) -> Mark:
        """Return where the value at `path` stands, or the nearest value above it."""
        return self.document.mark(self.base + path)

    def key_mark(self, *path: str | int) -> Mark:
        """Return where the key that ends `path` stands."""
        return self.document.key_mark(self.base + path)

    def get(self, *path: str | int) -> Any:
        """Return the value at `path`; None if there is none."""
        value: Any = self.data
        for step in path:
            if isinstance(value, Mapping) and isinstance(step, str):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value


@dataclass
class Reading:
    """What is found while files are read: problems to mend, notes for stderr."""

    problems: list[PodwalkError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """Notes about unknown fields that are like no known one: a dump may keep them (`controllers: none`)."""
    slips: set[Path] = field(default_factory=set)
    """Paths (within the document at hand) of known fields that were misspelt."""
    is_dump: bool = False
    """Whether the cluster says `controllers: none`: objects stay as they are, whatever an API server would say."""

    def wrong(self, message: str, at: Mark, hint: str = "", *related: Any) -> None:
        """Record one problem."""
        self.problems.append(ManifestError(message, hint=hint, at=at, related=related))


def open_documents(documents: list[Document], reading: Reading) -> Iterator[Raw]:
    """Yield every manifest in file order; `kind: List` (and PodList ...) yields its items."""
    for document in documents:
        queue = [Raw(document, _mapping(document.data, document, (), reading))]
        while queue:
            raw = queue.pop(0)
            if not raw.data or not _identified(raw, reading):
                continue
            if raw.kind.endswith("List") and isinstance(raw.get("items"), list):
                queue = [*_items(raw, reading), *queue]
            else:
                yield raw


def _items(raw: Raw, reading: Reading) -> Iterator[Raw]:
    """Yield a List's items; a PodList's take kind and apiVersion from the list, as in Kubernetes' answers."""
    defaults = {} if raw.kind == "List" else {"kind": raw.kind.removesuffix("List"), "apiVersion": raw.api_version}
    for index, item in enumerate(raw.data["items"]):
        base = (*raw.base, "items", index)
        if data := _mapping(item, raw.document, base, reading):
            yield Raw(raw.document, {**defaults, **data}, base)


def _mapping(data: Any, document: Document, base: Path, reading: Reading) -> Mapping[str, Any]:
    if isinstance(data, dict) and data:
        return dict(without_nulls(data))
    reading.wrong(
        f"a manifest must be a mapping, not {kind_of(data) if data != {} else 'an empty mapping'}",
        document.mark(base),
        "start with apiVersion, kind and metadata",
    )
    return {}


def _identified(raw: Raw, reading: Reading) -> bool:
    """Say whether apiVersion and kind are there; record what is missing."""
    ok = True
    for name, example in (("apiVersion", "apiVersion: v1"), ("kind", "kind: Pod")):
        value = raw.data.get(name)
        if isinstance(value, str) and value:
            continue
        ok = False
        if value is None:
            slip = next((key for key in raw.data if did_you_mean(key, [name])), None)
            at = raw.key_mark(slip) if slip else raw.mark()
            known = f": found '{slip}'" if slip else ""
            reading.wrong(f"the manifest lacks '{name}'{known}", at, f"add `{example}`")
        else:
            reading.wrong(f"{name}: must be a string, not {kind_of(value)}", raw.mark(name))
    return ok


def generic_object(raw: Raw, reading: Reading) -> Object | None:
    """Return any kind as an object of the store; only its name has to be there."""
    name = raw.get("metadata", "name")
    if not isinstance(name, str) or not name:
        hint = "generateName needs an API server; give a name" if raw.get("metadata", "generateName") else ""
        reading.wrong(f"{raw.kind}: metadata lacks 'name'", raw.mark("metadata"), hint or "add `name: ...`")
        return None
    given = raw.get("metadata", "namespace")
    namespace = "" if raw.kind in CLUSTER_SCOPED else given if isinstance(given, str) and given else "default"
    labels, annotations = (strings(raw.get("metadata", key)) for key in ("labels", "annotations"))
    metadata = Metadata(name, namespace, labels, annotations)
    body = raw.data
    if namespace and not given:
        body = {**body, "metadata": {**body["metadata"], "namespace": namespace}}
    return Object(raw.kind, raw.api_version, metadata, body, raw.mark())


def strings(value: Any) -> dict[str, str]:
    """Return the labels or annotations of a manifest; what is no text is left out."""
    return {key: item for key, item in value.items() if isinstance(item, str)} if isinstance(value, dict) else {}


def check_fields(raw: Raw, path: Path, known: frozenset[str], reading: Reading) -> None:
    """Refuse keys at `path` that look like a slip of a known field; note the others."""
    mapping = raw.get(*path)
    for key in mapping if isinstance(mapping, Mapping) else ():
        if key in known:
            continue
        where = path_text((*path, key))
        if meant := nearest(key, known):
            reading.slips.add((*raw.base, *path, meant))
            reading.wrong(f"unknown field \"{where}\"; did you mean '{meant}'?", raw.key_mark(*path, key))
        else:
            reading.unknown.append(f'{raw.key_mark(*path, key)}: unknown field "{where}" is kept and ignored')


def check_annotations(raw: Raw, reading: Reading) -> None:
    """Hold all annotations of an object against Kubernetes' limit in bytes."""
    annotations = strings(raw.get("metadata", "annotations"))
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if size > limit("cluster.annotation_bytes"):
        reading.wrong(
            f"metadata.annotations: {size:,} bytes; at most {limit('cluster.annotation_bytes'):,} are allowed",
            raw.mark("metadata", "annotations"),
        )
