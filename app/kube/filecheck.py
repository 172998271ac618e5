"""Manifests of a cluster file held against what the API server would say, each problem at its line and column.

    unknown field "spec.selctor"; did you mean 'selector'?
    The Service "web" is invalid: spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive

Under `controllers: none` a dump is kept as it is, and this is not asked.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from app.core.errors import ManifestError, Mark, PodwalkError, did_you_mean, listing
from app.core.yaml12 import Path
from app.kube import defaults, validation
from app.kube.bodies import mapping_at, with_metadata
from app.kube.decode import Slip, slips
from app.kube.manifest import Raw, Reading
from app.kube.schema import Schema, Type
from app.kube.scheme import Kind, Served, Version, find_kind, served_kind
from app.kube.status import Cause, no_match
from app.kube.versions import stored

_STEP = re.compile(r"\[(\d+)\]|\[([^\]]*)\]|([^.\[\]]+)")

Place = tuple[str, int, int]


class Given(NamedTuple):
    """A manifest, and whether it could be read: what could not is not asked for its meaning as well."""

    raw: Raw
    is_sound: bool


def check_manifests(manifests: Iterable[Given], version: Version, reading: Reading) -> None:
    """Record what the API server would refuse. A place that has a problem already is not told twice."""
    told = {_place(problem.at) for problem in reading.problems if problem.at}
    for given in manifests:
        for problem in _Checker(given, version).problems():
            if problem.at is None or _place(problem.at) not in told:
                reading.problems.append(problem)


def _place(at: Mark) -> Place:
    return at.file, at.line, at.column


_sound: set[bytes] = set()
"""Pod specs that nothing is wrong with: the Pods of a large cluster are much alike. Cleared when there are many."""
_MANY = 10_000


class _Checker:
    """One manifest."""

    def __init__(self, given: Given, version: Version) -> None:
        self.raw, self.is_sound = given
        self.version = version

    def problems(self) -> Iterator[PodwalkError]:
        """Yield what is wrong: the version; or what cannot be decoded; or what is invalid."""
        raw = self.raw
        served = served_kind(raw.api_version, raw.kind, self.version)
        if served is None:
            yield from self._not_served()
            return
        kind, version = served
        key = self._key(kind, version)
        if key in _sound:
            return
        found = slips(raw.kind, raw.api_version, raw.data)
        for slip in found:
            yield self._slip(slip, version)
        if found or not self.is_sound:
            return
        causes = validation.check_new(kind, self._filled(kind))
        for cause in causes:
            yield self._invalid(kind, cause)
        if key and not causes:
            if len(_sound) >= _MANY:
                _sound.clear()
            _sound.add(key)

    def _key(self, kind: Kind, version: Served) -> bytes:
        """Return what a Pod or Service has in common with those that differ in their names, labels and node alone.

        Labels, annotations and selectors with anything but letters, digits and dashes are looked at each time.
        """
        data = self.raw.data
        metadata, spec, varying = data.get("metadata"), data.get("spec"), _VARYING.get(kind.kind)
        if varying is None or not isinstance(metadata, dict) or not isinstance(spec, dict) or "status" in data:
            return b""
        if not _ALIKE.issuperset(metadata):
            return b""
        words = [metadata.get("name"), metadata.get("namespace", "default")]
        for given in (metadata.get("labels", {}), spec.get(varying, {})):
            if isinstance(given, dict):
                words += [*given, *given.values()]
            else:
                words.append(given)
        for word in words:
            if not isinstance(word, str) or not _PLAIN.fullmatch(word):
                return b""
        common = {name: value for name, value in spec.items() if name != varying}
        return marshal.dumps((kind.kind, version.api_version, self.version, list(data), common))

    def _not_served(self) -> Iterator[PodwalkError]:
        """A kind that nobody knows may be a custom resource; a known one of another version is a mistake."""
        raw = self.raw
        known = find_kind(raw.kind)
        if known is None:
            return
        groups = {known.group, *(other.group for other in known.others)}
        if raw.api_version.rpartition("/")[0] not in groups and "." in raw.api_version.rpartition("/")[0]:
            return
        legal = [served.api_version for served in known.served(self.version)]
        text = str(no_match(raw.api_version, raw.kind))
        number = f"{self.version[0]}.{self.version[1]}"
        yield ManifestError(text, hint=f"Kubernetes {number} serves {listing(legal)}", at=raw.mark("apiVersion"))

    def _slip(self, slip: Slip, version: Served) -> PodwalkError:
        if not slip.unknown:
            return ManifestError(slip.message, at=self.raw.mark(*slip.path))
        beside = _fields_at(Schema.of(self.raw.kind, version.api_version), slip.path[:-1])
        near = did_you_mean(str(slip.path[-1]), beside)
        return ManifestError(f"{slip.message}{near}", at=self.raw.key_mark(*slip.path))

    def _filled(self, kind: Kind) -> dict[str, Any]:
        body = stored(dict(self.raw.data), kind.api_version)
        if kind.is_namespaced and not mapping_at(body, "metadata").get("namespace"):
            body = with_metadata(body, namespace="default")
        return defaults.default(kind.kind, body, self.version)

    def _invalid(self, kind: Kind, cause: Cause) -> PodwalkError:
        name = mapping_at(self.raw.data, "metadata").get("name", "")
        return ManifestError(f'The {kind.kind} "{name}" is invalid: {cause}', at=self.raw.mark(*_steps(cause.field)))


_PLAIN = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_ALIKE = frozenset(["name", "namespace", "labels"])
_VARYING = {"Pod": "nodeName", "Service": "selector"}
"""The field of the spec in which many of a kind differ."""


def _steps(field: str) -> Path:
    """Return the path that a cause's field means: `spec.ports[0].port`, `data[tls.crt]`."""
    return tuple(int(index) if index else (key or name) for index, key, name in _STEP.findall(field))


def _fields_at(type_: Type, path: Path) -> Mapping[str, Any]:
    found = type_.field(path) if path else None
    inside = (found.struct if found else None) if path else type_
    return inside.fields if inside else {}
