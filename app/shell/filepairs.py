"""What `cp` and `mv` share: which file goes where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.shell.filesystem import FileSystem
from app.shell.result import CommandError, not_modelled

__all__ = ["pairs"]


def pairs(name: str, words: Sequence[str], files: FileSystem) -> Iterator[tuple[str, str]]:
    """Yield source and destination of each file. Raises CommandError."""
    if len(words) < 2:
        what = f"missing destination file operand after '{words[0]}'" if words else "missing file operand"
        raise CommandError(f"{name}: {what}\nTry '{name} --help' for more information.\n", 1)
    *sources, target = words
    into = files.is_directory(target)
    if len(sources) > 1 and not into:
        raise CommandError(f"{name}: target '{target}' is not a directory\n", 1)
    for path in sources:
        place = f"{target.rstrip('/')}/{path.rstrip('/').rpartition('/')[2]}" if into else target
        if files.is_directory(path):
            raise not_modelled(f"{name} of a directory")
        if files.full(path) == files.full(place):
            raise CommandError(f"{name}: '{path}' and '{place}' are the same file\n", 1)
        yield path, place
