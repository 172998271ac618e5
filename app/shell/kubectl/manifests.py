"""`-f`: the manifests of files, directories and stdin of the terminal, document by document, with kubectl's complaints.

Only the modelled files of the terminal are read. Source: k8s.io/cli-runtime pkg/resource (builder.go, visitor.go),
k8s.io/apimachinery pkg/util/yaml (decoder.go).
"""

from __future__ import annotations

import posixpath
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.core.errors import ManifestError, PodwalkError, Problems, nearest
from app.core.yaml12 import load_documents
from app.core.yamlgo import go_yaml_error
from app.kube.scheme import Kind, served_kind
from app.shell.filesystem import FileSystem
from app.shell.kubectl.call import NAMESPACE, KubectlCall
from app.shell.kubectl.changing import validation
from app.shell.kubectl.errors import error
from app.shell.kubectl.output.jsontext import compact_json
from app.shell.result import CommandError, not_modelled

__all__ = ["Manifest", "has_files", "manifests", "read_file"]

_EXTENSIONS = (".json", ".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object of a file; `source` is the file as errors name it, the namespace is filled in."""

    source: str
    kind: Kind
    body: dict[str, Any]

    @property
    def name(self) -> str:
        """`metadata.name`; "" without one."""
        return str(self.body["metadata"].get("name") or "")

    @property
    def namespace(self) -> str:
        """`metadata.namespace`; "" for cluster-scoped kinds."""
        return str(self.body["metadata"].get("namespace") or "") if self.kind.is_namespaced else ""


def has_files(call: KubectlCall) -> bool:
    """Say whether -f or -k stands on the line; refuses -k."""
    flags = call.flags
    is_kustomized = "kustomize" in flags.known and bool(flags.text("kustomize"))
    names = flags.texts("filename") if "filename" in flags.known else []
    if is_kustomized and names:
        raise error("only one of -f or -k can be specified")
    if is_kustomized:
        raise not_modelled("-k (kustomize)", "write the manifests out and give them with -f")
    return bool(names)


def manifests(call: KubectlCall) -> Iterator[Manifest]:
    """Yield the objects of every -f. Mistakes in one document are noted with `call.fail()`; the next file is read."""
    texts, missing = [], []
    for name in call.flags.texts("filename"):
        try:
            texts += list(_texts(call, name))
        except _MissingError as gone:
            missing.append(gone)
    if missing:
        raise _not_there(call, missing)
    for source, text in texts:
        yield from _documents(call, source, text)


class _MissingError(Exception):
    """There is no such file."""


def _not_there(call: KubectlCall, missing: list[_MissingError]) -> CommandError:
    lines = [f'the path "{each}" does not exist' for each in missing]
    text = "".join(f"{'error: ' if len(lines) == 1 else ''}{line}\n" for line in lines)
    here = call.terminal.fs.list(".")
    for each in missing:
        near = nearest(str(each), here)
        text += f'podwalk: the nearest file here is "{near}"\n' if near else ""
    return CommandError(text, 1)


def _texts(call: KubectlCall, name: str) -> Iterator[tuple[str, str]]:
    """Yield the files of one -f with their texts."""
    if name == "-":
        yield "STDIN", call.terminal.input()
        return
    if name.startswith(("http://", "https://")):
        host = urlsplit(name).hostname or ""
        raise CommandError(f"Unable to connect to the server: dial tcp: lookup {host}: no such host\n", 1)
    files = call.terminal.fs
    if files.is_directory(name):
        yield from _directory(call, files, name)
    elif files.is_file(name):
        yield name, files.read(name)
    else:
        raise _MissingError(name)


def _directory(call: KubectlCall, files: FileSystem, name: str) -> Iterator[tuple[str, str]]:
    found = False
    is_recursive = "recursive" in call.flags.known and call.flags.is_on("recursive")
    for entry in files.list(name):
        inner = posixpath.join(name, entry)
        if files.is_directory(inner):
            if is_recursive:
                yield from _directory(call, files, inner)
        elif entry.endswith(_EXTENSIONS):
            found = True
            yield inner, files.read(inner)
    if not found and not is_recursive:
        raise error(f"error reading [{name}]: recognized file extensions are [{' '.join(_EXTENSIONS)}]")


def read_file(call: KubectlCall, name: str) -> str | Mapping[str, str] | None:
    """Return a file's text, a directory's names and texts, or None. What generators read with."""
    files = call.terminal.fs
    if files.is_directory(name):
        inside = {entry: posixpath.join(name, entry) for entry in files.list(name)}
        return {entry: files.read(path) for entry, path in inside.items() if files.is_file(path)}
    return files.read(name) if files.is_file(name) else None


def _chunks(text: str) -> Iterator[str]:
    """Yield the documents of a file as Kubernetes cuts it: at lines of `---` and blanks."""
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        if line.startswith("---") and not line[3:].strip():
            if lines:
                yield "".join(lines)
            lines = []
        else:
            lines.append(line)
    if lines:
        yield "".join(lines)


def _documents(call: KubectlCall, source: str, text: str) -> Iterator[Manifest]:
    for chunk in _chunks(text):
        if wrong := go_yaml_error(chunk):
            call.fail(f"error parsing {source}: error converting YAML to JSON: {wrong}")
            return
        try:
            documents = [document.data for document in load_documents(chunk, source, as_kubectl=True)]
        except (ManifestError, Problems) as refusal:
            call.fail(f"error parsing {source}: error converting YAML to JSON: {_loader_words(refusal)}")
            return
        for data in documents:
            if not (yield from _objects(call, source, data)):
                return


def _loader_words(refusal: PodwalkError) -> str:
    """Return what was wrong with the values of a document: a tag, an alias, a limit."""
    problems = refusal.problems if isinstance(refusal, Problems) else (refusal,)
    lines = [f"  line {each.at.line if each.at else 1}: {each.message}" for each in problems]
    return "\n".join(["yaml: unmarshal errors:", *lines])


def _objects(call: KubectlCall, source: str, data: Any) -> Generator[Manifest, None, bool]:
    """Yield the objects of a document; return False where the file cannot be read on."""
    if not isinstance(data, Mapping):
        what = "array" if isinstance(data, list) else _go_type(data)
        call.fail(
            f'unable to decode "{source}": json: cannot unmarshal {what} into Go value of type unstructured.detector'
        )
        return False
    if not isinstance(data.get("kind"), str) or not data["kind"]:
        call.fail(f"unable to decode \"{source}\": Object 'Kind' is missing in '{compact_json(data)}'")
        return False
    items = data.get("items")
    if data["kind"].endswith("List") and isinstance(items, list):
        for item in items:
            if not (yield from _objects(call, source, item)):
                return False
        return True
    found = _manifest(call, source, dict(data))
    if found is not None:
        yield found
    return True


def _go_type(value: Any) -> str:
    return "bool" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"


def _manifest(call: KubectlCall, source: str, body: dict[str, Any]) -> Manifest | None:
    api_version, kind_name = body.get("apiVersion"), str(body["kind"])
    metadata = body.get("metadata")
    metadata = dict(metadata) if isinstance(metadata, Mapping) else {}
    if not api_version and validation(call) == "Strict":
        call.fail(
            f'error validating "{source}": error validating data: apiVersion not set; if you choose to ignore these '
            "errors, turn validation off with --validate=false"
        )
        return None
    served = served_kind(str(api_version or "v1"), kind_name, call.version)
    if served is None:
        name, place = metadata.get("name") or "", metadata.get("namespace") or ""
        call.fail(
            f'resource mapping not found for name: "{name}" namespace: "{place}" from "{source}": no matches for kind '
            f'"{kind_name}" in version "{api_version}"\nensure CRDs are installed first'
        )
        return None
    kind, wanted = served[0], call.flags.text("namespace")
    if kind.is_namespaced:
        given = metadata.get("namespace")
        if wanted and given and given != wanted:
            call.fail(
                f'the namespace from the provided object "{given}" does not match the namespace "{wanted}". You '
                f"must pass '--namespace={given}' to perform this operation."
            )
            return None
        metadata["namespace"] = given or wanted or NAMESPACE
    return Manifest(source, kind, {**body, "apiVersion": api_version or "v1", "metadata": metadata})
