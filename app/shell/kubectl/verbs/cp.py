"""`kubectl cp`: files into a container and out of it, as its `tar` does. Source: kubectl pkg/cmd/cp/cp.go."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from app.shell.filesystem import FileSystem
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.errors import error
from app.shell.kubectl.podfinding import container_name, find_pod, running_container
from app.shell.language.control import FileProblem
from app.shell.result import CommandError, CommandResult

__all__ = ["cp"]


@dataclass(frozen=True, slots=True)
class _Place:
    """A path, and the Pod that it is in; "" for the terminal's own files."""

    path: str
    pod: str = ""
    namespace: str = ""


@VERBS.register("cp")
def cp(call: KubectlCall) -> CommandResult:
    """Copy files and directories to and from containers."""
    if len(call.args) != 2:
        raise error("source and destination are required")
    source, target = (_place(text) for text in call.args)
    if source.pod and target.pod:
        raise error("one of src or dest must be a local file specification")
    if not source.path or not target.path:
        raise error("filepath can not be empty")
    if not source.pod and not target.pod:
        raise error("one of src or dest must be a remote file specification")
    if source.pod:
        _out(call, source, target.path)
    else:
        _in(call, source.path, target)
    return call.done()


def _place(text: str) -> _Place:
    """Source: kubectl pkg/cmd/cp/cp.go, extractFileSpec()."""
    where, colon, path = text.partition(":")
    if not colon:
        return _Place(text)
    if text.startswith(":"):
        raise error("filespec must match the canonical format: [[namespace/]pod:]file/path")
    namespace, slash, pod = where.rpartition("/")
    if "/" in namespace:
        raise error("filespec must match the canonical format: [[namespace/]pod:]file/path")
    return _Place(path, pod, namespace if slash else "")


def _files(call: KubectlCall, place: _Place) -> FileSystem:
    pod = find_pod(call, [place.pod], place.namespace)
    name = container_name(call, pod, call.flags.text("container"))
    machine, container = running_container(call, pod, name)
    return call.terminal.nested(machine, container).fs


def _in(call: KubectlCall, path: str, target: _Place) -> None:
    own = call.terminal.fs
    if not own.exists(path):
        raise error(f"{path} doesn't exist in local filesystem")
    files, place = _files(call, target), target.path
    if files.is_directory(place) or place.endswith("/"):
        place = posixpath.join(place, posixpath.basename(path.rstrip("/")))
    folder = posixpath.dirname(files.full(place))
    if not files.is_directory(folder):
        why = f"tar: {folder}: Cannot open: No such file or directory\ntar: Error is not recoverable: exiting now\n"
        raise CommandError(f"{why}command terminated with exit code 2\n", 2)
    _copy(own, path, files, place)


def _out(call: KubectlCall, source: _Place, path: str) -> None:
    files, own = _files(call, source), call.terminal.fs
    if not files.exists(source.path):
        lines = [
            f"tar: {source.path}: Cannot stat: No such file or directory",
            "tar: Exiting with failure status due to previous errors",
            f"error: {source.path} no such file or directory",
        ]
        raise CommandError("".join(f"{line}\n" for line in lines), 1)
    if source.path.startswith("/"):
        call.note("tar: Removing leading `/' from member names")
    place = posixpath.join(path, posixpath.basename(source.path.rstrip("/"))) if own.is_directory(path) else path
    _copy(files, source.path, own, place)


def _copy(source: FileSystem, path: str, target: FileSystem, place: str) -> None:
    """Copy a file, or a directory with what is in it."""
    try:
        if not source.is_directory(path):
            target.write(place, source.read(path))
            return
        if not target.exists(place):
            target.make_directory(place)
        for name in source.list(path):
            _copy(source, posixpath.join(path, name), target, posixpath.join(place, name))
    except FileProblem as problem:
        raise error(str(problem)) from None
