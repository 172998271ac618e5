"""`kind: File` (apiVersion podwalk.dev/v1): a text that lies on a host of the modelled cluster when it begins.

apiVersion: podwalk.dev/v1
kind: File
metadata: {name: pod1.yml}
spec:
  on: node/k8s-master-10        # default: the first control-plane node
  path: /root/pod1.yml          # default: /root and metadata.name
  content: |
    ...
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from pydantic import StrictStr, ValidationError

from app.core.errors import Mark, did_you_mean
from app.core.limits import limit
from app.kube.clusterspec import Model
from app.kube.explain import explain
from app.kube.manifest import Raw, Reading

__all__ = ["HostFile", "parse_file", "place_files"]


class FileMetadata(Model):
    """`metadata` of a File."""

    name: StrictStr


class FileSpec(Model):
    """`spec` of a File."""

    on: StrictStr = ""
    path: StrictStr = ""
    content: StrictStr


class FileDocument(Model):
    """The whole document."""

    api_version: StrictStr
    kind: StrictStr
    metadata: FileMetadata
    spec: FileSpec


@dataclass(frozen=True)
class HostFile:
    """A file of a host: `on` is node/NAME or ext/NAME ("" until the default is known), `path` is absolute."""

    on: str
    path: str
    content: str
    mark: Mark


def parse_file(raw: Raw, reading: Reading) -> HostFile | None:
    """Return the file of a document; None after a problem."""
    try:
        document = FileDocument.model_validate(raw.data)
    except ValidationError as error:
        reading.problems += explain(error, FileDocument, raw.document, raw.base)
        return None
    path = document.spec.path or f"/root/{document.metadata.name}"
    if not path.startswith("/") or posixpath.normpath(path) != path:
        hint = f"write /root/{document.metadata.name}"
        reading.wrong(f"path '{path}' is not absolute and plain", raw.mark("spec", "path"), hint)
        return None
    if len(document.spec.content) > limit("terminal.file_characters"):
        reading.wrong("the content is too long for a file", raw.mark("spec", "content"))
        return None
    return HostFile(document.spec.on, path, document.spec.content, raw.mark("spec", "on"))


def place_files(files: list[HostFile], first: str, hosts: list[str], reading: Reading) -> tuple[HostFile, ...]:
    """Return the files with the default host filled in; a host that is not there is a problem."""
    placed = []
    for each in files:
        on = each.on or first
        if on not in hosts:
            hint = f"known: {', '.join(hosts[:20])}"
            reading.wrong(f"there is no host '{on}'{did_you_mean(on, hosts)}", each.mark, hint)
            continue
        placed.append(HostFile(on, each.path, each.content, each.mark))
    return tuple(placed)
