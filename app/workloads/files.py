"""The files of a container or a host: absolute paths and their text. Nothing of a real disk is behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

__all__ = ["Files", "directory_of"]


class Files:
    """Texts by absolute path. A directory is there while a file is in it, or after `make_directory`.

    `generated` are files whose text is made when they are read (/proc/sys, status files); they cannot be written.
    """

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        #: Files that are another machine's or container's: paths mounted from there.
        self.mounted: dict[str, Files] = {}
        self.texts: dict[str, str] = dict(texts or {})
        self.generated: dict[str, Callable[[], str]] = {}
        self.directories: set[str] = {"/"}

    def read(self, path: str) -> str | None:
        """Return a file's text; None where there is no such file."""
        if path in self.mounted:
            return self.mounted[path].read(path)
        made = self.generated.get(path)
        return made() if made is not None else self.texts.get(path)

    def write(self, path: str, text: str) -> None:
        """Put a text in place of what was there. PermissionError: the file is generated."""
        if path in self.mounted:
            self.mounted[path].write(path, text)
            return
        if path in self.generated:
            raise PermissionError(path)
        self.texts[path] = text

    def append(self, path: str, text: str) -> None:
        """Add to the end of a file; it is made where it was not there."""
        self.write(path, (self.read(path) or "") + text)

    def remove(self, path: str) -> bool:
        """Take a file away; False where there was none."""
        return self.texts.pop(path, None) is not None

    def make_directory(self, path: str) -> None:
        """Make an empty directory."""
        self.directories.add(path)

    def is_directory(self, path: str) -> bool:
        """Whether something is in it, or it was made."""
        prefix = path.rstrip("/") + "/"
        return path in self.directories or any(name.startswith(prefix) for name in self.paths())

    def paths(self) -> Iterator[str]:
        """Yield the path of every file."""
        yield from self.texts
        yield from self.generated
        yield from (path for path, files in self.mounted.items() if files.read(path) is not None)

    def list(self, directory: str) -> list[str]:
        """Return the names in a directory, sorted, each once."""
        prefix = directory.rstrip("/") + "/"
        every = [*self.paths(), *self.directories]
        return sorted({path[len(prefix) :].partition("/")[0] for path in every if path.startswith(prefix)} - {""})


def directory_of(path: str) -> str:
    """Return the directory that a path is in."""
    return path.rpartition("/")[0] or "/"
