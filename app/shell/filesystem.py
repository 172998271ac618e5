"""The files that a terminal sees: those of its container over those that the Pod's containers share, or the host's own;
and /proc/sys, which is the namespace's kernel parameters.

Nothing of a real disk is behind it.
"""

from __future__ import annotations

import posixpath

from app.core.limits import limit
from app.dataplane.netns import NetNs
from app.dataplane.settings import conf_keys
from app.shell.language.control import FileProblem
from app.shell.parameters import set_parameter
from app.workloads.files import Files, directory_of

__all__ = ["FileSystem"]

PROC_SYS = "/proc/sys/"
#: Directories that every machine has, with nothing in them that is modelled.
STANDARD = frozenset("/ /root /tmp /etc /var /var/log /usr /home /proc /proc/sys /dev /run".split())


class FileSystem:
    """Files by path as a command names them, relative to `cwd`. Raises FileProblem."""

    def __init__(self, netns: NetNs, layers: list[Files], cwd: str) -> None:
        self.netns = netns
        self.layers = layers
        self.cwd = cwd

    def full(self, path: str) -> str:
        """Return the absolute path."""
        joined = posixpath.normpath(posixpath.join(self.cwd, path))
        return f"/{joined.lstrip('/')}"

    def read(self, path: str) -> str:
        """Return a file's text."""
        full = self.full(path)
        if full == "/dev/null":
            return ""
        text = self._text(full)
        if text is None or path.endswith("/"):
            raise FileProblem(path, self._why_not(full))
        return text

    def _text(self, full: str) -> str | None:
        if full.startswith(PROC_SYS):
            value = self._sysctls().get(full)
            return None if value is None else f"{value}\n"
        return next((text for files in self.layers if (text := files.read(full)) is not None), None)

    def _why_not(self, full: str) -> str:
        if self.is_directory(full):
            return "Is a directory"
        parent = directory_of(full)
        while parent != "/":
            if self._text(parent) is not None:
                return "Not a directory"
            parent = directory_of(parent)
        return "No such file or directory"

    def exists(self, path: str) -> bool:
        """Whether there is such a file or directory."""
        full = self.full(path)
        return full == "/dev/null" or self._text(full) is not None or self.is_directory(full)

    def is_file(self, path: str) -> bool:
        """Whether there is such a file."""
        return self._text(self.full(path)) is not None

    def is_directory(self, path: str) -> bool:
        """Whether there is such a directory."""
        full = self.full(path)
        if any(full in files.texts for files in self.layers):
            return False  # the usual case; to look for something below it would read every path
        if full in STANDARD or any(files.is_directory(full) for files in self.layers):
            return True
        return full.startswith(PROC_SYS.rstrip("/")) and any(key.startswith(f"{full}/") for key in self._sysctls())

    def write(self, path: str, text: str, *, append: bool = False) -> None:
        """Put a text in place of a file's, or behind it."""
        full = self.full(path)
        if full == "/dev/null":
            return
        if full.startswith(PROC_SYS):
            self._write_sysctl(path, full, text)
            return
        self._check_place(path, full)
        layer = self._layer_of(full)
        whole = (layer.read(full) or "") + text if append else text
        is_full = sum(len(files.texts) for files in self.layers) > limit("terminal.files")
        if is_full or len(whole) > limit("terminal.file_characters"):
            raise FileProblem(path, "No space left on device")
        try:
            layer.write(full, whole)
        except PermissionError:
            raise FileProblem(path, "Permission denied") from None

    def _check_place(self, path: str, full: str) -> None:
        if self.is_directory(full) or path.endswith("/") or not path:
            raise FileProblem(path, "Is a directory" if path else "No such file or directory")
        if not self.is_directory(directory_of(full)):
            raise FileProblem(path, self._why_not(full))
        if full.startswith(("/proc/", "/dev/", "/sys/")):
            raise FileProblem(path, "Permission denied")

    def _layer_of(self, full: str) -> Files:
        """Return where a file lies; a new one belongs to the container."""
        return next((files for files in self.layers if files.read(full) is not None), self.layers[0])

    def remove(self, path: str) -> None:
        """Take a file away."""
        full = self.full(path)
        if self._text(full) is None:
            raise FileProblem(path, self._why_not(full))
        if not any(files.remove(full) for files in self.layers):
            raise FileProblem(path, "Operation not permitted")
        for files in self.layers:
            files.directories.add(directory_of(full))

    def remove_directory(self, path: str) -> None:
        """Take an empty directory away."""
        full = self.full(path)
        if not self.is_directory(full):
            raise FileProblem(path, "Not a directory" if self.exists(full) else "No such file or directory")
        if self.list(full):
            raise FileProblem(path, "Directory not empty")
        if full in STANDARD or full == self.cwd:
            raise FileProblem(path, "Device or resource busy")
        for files in self.layers:
            files.directories.discard(full)

    def make_directory(self, path: str) -> None:
        """Make a directory. Its parent must be there."""
        full = self.full(path)
        if self.exists(full):
            raise FileProblem(path, "File exists")
        if not self.is_directory(directory_of(full)):
            raise FileProblem(path, self._why_not(full))
        if full.startswith(PROC_SYS) or len(self.layers[0].directories) > limit("terminal.files"):
            raise FileProblem(path, "Operation not permitted")
        self.layers[0].make_directory(full)
        self.layers[0].directories.add(directory_of(full))

    def list(self, path: str) -> list[str]:
        """Return the names in a directory, sorted; [] where there is none."""
        full = self.full(path)
        found = {name for files in self.layers for name in files.list(full)}
        prefix = full.rstrip("/") + "/"
        found |= {name[len(prefix) :].partition("/")[0] for name in STANDARD if name.startswith(prefix)}
        if prefix.startswith("/proc/"):
            found |= {key[len(prefix) :].partition("/")[0] for key in self._sysctls() if key.startswith(prefix)}
        return sorted(found - {""})

    # --- /proc/sys ----------------------------------------------------------------------------------------------------

    def _sysctls(self) -> dict[str, str]:
        """Return every kernel parameter by its path."""
        known = {**dict(conf_keys(self.netns)), **self.netns.sysctls}
        return {PROC_SYS + key.translate(str.maketrans("./", "/.")): value for key, value in known.items()}

    def _write_sysctl(self, path: str, full: str, text: str) -> None:
        if full not in self._sysctls():
            raise FileProblem(path, "Is a directory" if self.is_directory(full) else "Permission denied")
        if not text:
            return  # emptied before it is written: no value yet
        key = full.removeprefix(PROC_SYS).translate(str.maketrans("./", "/."))
        if not set_parameter(self.netns, key, text.strip()):
            raise FileProblem(path, "Invalid argument")
