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


#: PATH_MAX of the kernel less the closing NUL.
LONGEST_PATH = 4_095
#: Where no file of a person lies.
NOT_WRITTEN = ("/proc/", "/sys/", "/dev/")
#: What every machine has as a directory.
DIRECTORIES = frozenset("/ /root /tmp /etc /var /var/log /usr /home /proc /sys /dev /run".split())


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
    if why := _no_place(path):
        reading.wrong(f"path '{path}' {why}", raw.mark("spec", "path"), f"write /root/{document.metadata.name}")
        return None
    if len(document.spec.content) > limit("terminal.file_characters"):
        reading.wrong("the content is too long for a file", raw.mark("spec", "content"))
        return None
    return HostFile(document.spec.on, path, document.spec.content, raw.mark("spec", "on"))


def _no_place(path: str) -> str:
    """Return why no file can lie at an absolute path."""
    if not path.isprintable() or len(path) > LONGEST_PATH:
        return "has control characters" if len(path) <= LONGEST_PATH else f"is longer than {LONGEST_PATH} characters"
    if path.startswith(NOT_WRITTEN):
        return "belongs to the kernel; set a parameter with sysctl at the terminal"
    return "is a directory" if path in DIRECTORIES else ""


def place_files(files: list[HostFile], first: str, hosts: list[str], reading: Reading) -> tuple[HostFile, ...]:
    """Return the files with the default host filled in; a host that is not there is a problem."""
    placed: list[HostFile] = []
    for each in files:
        on = each.on or first
        if on not in hosts:
            hint = f"known: {', '.join(hosts[:20])}"
            reading.wrong(f"there is no host '{on}'{did_you_mean(on, hosts)}", each.mark, hint)
            continue
        taken = next((file for file in placed if file.on == on and _is_below(file.path, each.path)), None)
        if taken is not None:
            reading.wrong(f"'{each.path}' cannot lie beside '{taken.path}': one path is below the other", each.mark)
            continue
        placed.append(HostFile(on, each.path, each.content, each.mark))
    return tuple(placed)


def _is_below(one: str, other: str) -> bool:
    """Whether one of two paths would be a directory of the other."""
    return one.startswith(f"{other}/") or other.startswith(f"{one}/")
