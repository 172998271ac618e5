"""The start state of a lesson: preset, manifests and pins become one cluster file for app.kube.

    lessons/clusters/PRESET.yaml + manifests (files, or YAML written in the lesson) + pin -> ClusterFile

Problems are told where the author can mend them: in the manifest's own file, or in the lesson's embedded YAML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from app.core.errors import Mark, PodwalkError, Problems, listing, nearest
from app.core.yaml12 import Document, Node, load_documents
from app.curriculum.findings import Finding
from app.curriculum.reading import LessonFile, dotted
from app.curriculum.schema import PinnedPod
from app.kube.clusterfile import ClusterFile, load_cluster_text

__all__ = ["StartError", "is_embedded", "preset_names", "start_state"]

_IP = "podwalk.dev/ip"


class StartError(Exception):
    """The start state cannot be built; `findings` say why."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(finding.headline() for finding in findings))
        self.findings = findings


@dataclass(frozen=True)
class _Part:
    """One piece of the cluster file: its text, and where its first line stands."""

    text: str
    file: str
    line: int = 1
    column: int = 1
    written: tuple[Document, ...] = ()
    """What the author wrote, if `text` is that with pinned addresses in it: one document, one line of JSON each."""

    @property
    def lines(self) -> int:
        return self.text.count("\n") + 1


def preset_names(root: Path) -> list[str]:
    """Return the presets of a lessons folder."""
    return sorted(path.stem for path in (root / "clusters").glob("*.yaml"))


def is_embedded(manifest: str) -> bool:
    """Whether an item of `manifests` is YAML itself rather than the name of a file."""
    return "\n" in manifest.strip() or ": " in manifest


def start_state(file: LessonFile, roots: tuple[Path, ...]) -> ClusterFile:
    """Build the cluster of a lesson. `roots` are lessons folders, the first that has a file wins.

    Raises StartError with findings E307 (no such file), E308 (app.kube refuses it) and E310 (a pin names no Pod).
    """
    findings: list[Finding] = []
    parts = list(_parts(file, roots, findings))
    if findings:
        raise StartError(findings)
    parts = _pinned(file, parts)
    text = "\n---\n".join(part.text for part in parts)
    try:
        return load_cluster_text(text, file.file)
    except PodwalkError as error:
        raise StartError([_from_kube(problem, parts, file) for problem in _each(error)]) from None


def _parts(file: LessonFile, roots: tuple[Path, ...], findings: list[Finding]) -> Iterator[_Part]:
    cluster = file.lesson.cluster
    folders = (file.path.parent, *roots)
    preset = _find(f"clusters/{cluster.preset}.yaml", folders)
    if preset is None:
        legal = sorted({name for root in folders for name in preset_names(root)})
        near = nearest(cluster.preset, legal)
        message = f"no preset '{cluster.preset}'" + (f"; did you mean '{near}'?" if near else "")
        findings.append(file.finding("E307", message, ("cluster", "preset"), f"one of: {listing(legal)}"))
    else:
        yield _from_file(preset, f"clusters/{preset.name}", file)
    for number, manifest in enumerate(cluster.manifests):
        where = ("cluster", "manifests", number)
        if is_embedded(manifest):
            yield _embedded(file, where, manifest)
            continue
        path = _find(manifest, folders)
        if path is None:
            mend = "paths are relative to the lessons folder, e.g. manifests/my-nginx-1.yaml"
            findings.append(file.finding("E307", f"no manifest file '{manifest}'", where, mend))
        else:
            yield _from_file(path, manifest, file)


def _from_file(path: Path, name: str, file: LessonFile) -> _Part:
    """Return a file as a part; `name` is how messages call it. Raises StartError if it cannot be read as UTF-8."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise StartError([Finding("E307", f"cannot be read: {error.strerror}", Mark(name, 1, 1))]) from None
    try:
        return _Part(raw.decode("utf-8-sig"), name)
    except UnicodeDecodeError:
        _refuse(raw, name, file)


def _refuse(raw: bytes, name: str, file: LessonFile) -> NoReturn:
    """Raise StartError with the place of what is not UTF-8, in the words of the YAML reader."""
    try:
        load_documents(raw, name)
    except PodwalkError as error:
        raise StartError([_from_kube(error, [], file)]) from None
    raise AssertionError("unreachable: the reader takes UTF-8 only")


def _embedded(file: LessonFile, where: tuple[str | int, ...], manifest: str) -> _Part:
    """Return a manifest written in the lesson, and where its first character stands there."""
    node, lines = file.document.node(where), file.document.source.lines
    if not lines[node.line - 1].startswith(("|", ">"), node.column - 1):
        return _Part(manifest, file.file, node.line, node.column)
    first = lines[node.line] if node.line < len(lines) else ""
    return _Part(manifest, file.file, node.line + 1, len(first) - len(first.lstrip(" ")) + 1)


def _find(name: str, roots: tuple[Path, ...]) -> Path | None:
    """Return the file `name` below one of `roots`; nothing outside a root is ever read."""
    if not re.fullmatch(r"(?:[a-z0-9][a-z0-9.-]*/)*[a-z0-9][a-z0-9.-]*\.ya?ml", name) or ".." in name:
        return None
    for root in roots:
        path = root / name
        if path.is_file() and path.resolve().is_relative_to(root.resolve()):
            return path
    return None


# --- pins -------------------------------------------------------------------------------------------------------------


def _pinned(file: LessonFile, parts: list[_Part]) -> list[_Part]:
    """Write each pinned address as the annotation that app.kube reads. A pin that names no Pod is E310."""
    pins = {_pod_key(name): (name, pods) for name, pods in file.lesson.cluster.pin.pods.items()}
    seen: set[str] = set()
    findings: list[Finding] = []
    done = []
    for part in parts:
        try:
            documents = load_documents(part.text, part.file)
        except PodwalkError as error:
            raise StartError([_from_kube(problem, [part], file) for problem in _each(error)]) from None
        wanted = {_pod_of(document) for document in documents} & pins.keys()
        seen |= {key for key in wanted if key}
        done.append(_with_addresses(file, part, documents, pins, findings) if wanted else part)
    findings += [_no_pod(file, name) for key, (name, _) in pins.items() if key not in seen]
    if findings:
        raise StartError(findings)
    return done


def _with_addresses(
    file: LessonFile,
    part: _Part,
    documents: tuple[Document, ...],
    pins: dict[str, tuple[str, list[PinnedPod]]],
    findings: list[Finding],
) -> _Part:
    """Return the part with its pinned Pods as JSON, one line each, which is YAML too."""
    texts = []
    for document in documents:
        data = document.data
        key = _pod_of(document)
        if key in pins and isinstance(data, dict):
            name, pods = pins[key]
            findings += _pin_problems(file, name, pods, data)
            metadata = data.setdefault("metadata", {})
            if isinstance(metadata, dict):
                annotations = metadata.get("annotations")
                kept = annotations if isinstance(annotations, dict) else {}
                metadata["annotations"] = {**kept, _IP: pods[0].ip if pods else None}
        texts.append(json.dumps(data, ensure_ascii=False))
    return replace(part, text="\n---\n".join(texts), written=documents)


def _pin_problems(file: LessonFile, name: str, pods: list[PinnedPod], data: Mapping[str, object]) -> Iterator[Finding]:
    where = ("cluster", "pin", "pods", name)
    if len(pods) != 1:
        yield file.finding("E310", f"'{name}' is one Pod and needs one pin, not {len(pods)}", where)
        return
    spec = data.get("spec")
    node = spec.get("nodeName") if isinstance(spec, dict) else None
    if pods[0].node not in (None, node):
        message = f"the pin says node {pods[0].node}, the manifest says {node}"
        yield file.finding("E310", message, (*where, 0, "node"), "make them agree")
    if pods[0].name not in (None, name.rpartition("/")[2]):
        yield file.finding("E310", f"the Pod's name is {name}, the pin says {pods[0].name}", (*where, 0, "name"))


def _no_pod(file: LessonFile, name: str) -> Finding:
    mend = "a key is NAME or NAMESPACE/NAME of a Pod in `manifests`"
    where = ("cluster", "pin", "pods", name)
    return Finding("E310", f"no manifest has a Pod '{name}'", file.document.key_mark(where), mend, dotted(where))


def _pod_key(name: str) -> str:
    return name if "/" in name else f"default/{name}"


def _pod_of(document: Document) -> str | None:
    data = document.data
    metadata = data.get("metadata") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(metadata, dict) or data.get("kind") != "Pod":
        return None
    return f"{metadata.get('namespace', 'default')}/{metadata.get('name')}"


# --- telling ----------------------------------------------------------------------------------------------------------


def _each(error: PodwalkError) -> tuple[PodwalkError, ...]:
    return error.problems if isinstance(error, Problems) else (error,)


def _from_kube(problem: PodwalkError, parts: list[_Part], file: LessonFile) -> Finding:
    """Turn a place in the composed text into the place in the file that the author wrote."""
    at, hint = problem.at or file.mark("cluster"), problem.hint
    line = at.line
    for part in parts if problem.at and (at.file == file.file or len(parts) == 1) else []:
        if line <= part.lines:
            at = replace(at, line=line)
            pin = _pin_at(part, at, file) if part.written else None
            hint = hint.replace("the annotation", "the pin") if pin else hint
            at = pin or _in_part(part, _as_written(part, at) if part.written else at, file)
            break
        line -= part.lines + 1
    return Finding("E308", f"the cluster cannot be built: {problem.message}", at, hint, "cluster")


def _in_part(part: _Part, at: Mark, file: LessonFile) -> Mark:
    """Return a place of the part's text as the place in the file that holds it; embedded YAML is indented there."""
    shift = part.column - 1 if part.file == file.file else 0
    line, column, offset = part.line + at.line - 1, at.column + shift, at.snippet_offset + shift
    return Mark(part.file, line, column, at.snippet, at.length, offset)


def _pin_at(part: _Part, at: Mark, file: LessonFile) -> Mark | None:
    """Return where the lesson pins the address that a problem of a rewritten part is about, or None."""
    document, path, _ = _spot(part, at)
    pins = {_pod_key(name): name for name in file.lesson.cluster.pin.pods}
    name = pins.get(_pod_of(document) or "")
    is_pin = name is not None and path == ("metadata", "annotations", _IP)
    return file.mark("cluster", "pin", "pods", name, 0, "ip") if name is not None and is_pin else None


def _as_written(part: _Part, at: Mark) -> Mark:
    """Return a place of a rewritten part as the place in what the author wrote."""
    document, path, is_key = _spot(part, at)
    return document.key_mark(path) if is_key else document.mark(path)


def _spot(part: _Part, at: Mark) -> tuple[Document, tuple[str | int, ...], bool]:
    """Return what a place in a rewritten part is: the document as written, the path in it, whether its key is meant."""
    number = min((at.line - 1) // 2, len(part.written) - 1)
    line = part.text.split("\n")[2 * number]
    path, is_key = _path_at(load_documents(line, part.file)[0].root, at.column)
    return part.written[number], path, is_key


def _path_at(root: Node, column: int) -> tuple[tuple[str | int, ...], bool]:
    """Return the path of the key or value that begins at `column` of one line, and whether it is the key."""
    stack: list[tuple[tuple[str | int, ...], Node]] = [((), root)]
    while stack:
        path, node = stack.pop()
        if node.column == column:
            return path, False
        for name, (key, value) in node.entries.items():
            if key.column == column:
                return (*path, name), True
            stack.append(((*path, name), value))
        stack += [((*path, index), item) for index, item in enumerate(node.items)]
    return (), False
