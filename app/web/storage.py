"""How far each visitor has come: one SQLite file, one writer.

WAL with synchronous=NORMAL: nothing acknowledged is lost when the process dies (the tail may be on a power cut).
BEGIN IMMEDIATE: a writer that finds another one waits instead of failing half way. Order is a counter, never a
clock. Source: https://www.sqlite.org/wal.html, https://www.sqlite.org/lang_transaction.html
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from app.core.errors import UsageError

DATABASE = "podwalk.sqlite3"
_VERSION = 1
_BUSY_SECONDS = 5.0
_SCHEMA = """
CREATE TABLE progress (
  visitor TEXT NOT NULL, lesson TEXT NOT NULL, step TEXT NOT NULL,
  position INTEGER NOT NULL, done INTEGER NOT NULL, note TEXT NOT NULL, changed INTEGER NOT NULL,
  PRIMARY KEY (visitor, lesson, step)
) WITHOUT ROWID;
CREATE INDEX progress_by_change ON progress (changed);
"""


@dataclass(frozen=True, slots=True)
class StepNote:
    """What is kept of one step: `data` is the player's own note (tries, right, skipped ...), `done` its outcome."""

    step: str
    done: bool
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LessonProgress:
    """How far a visitor is in one lesson: the ids of the steps that are done, in the order of the lesson."""

    lesson: str
    done: tuple[str, ...]


def default_data_dir() -> Path:
    """Return $XDG_DATA_HOME/podwalk, or ~/.local/share/podwalk (XDG base directory specification)."""
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".local" / "share") / "podwalk"


class ProgressStore:
    """Progress of all visitors. `in_memory` says that it will be gone when the server stops."""

    def __init__(self, connection: sqlite3.Connection, *, in_memory: bool) -> None:
        self.in_memory = in_memory
        self._db = connection
        self._lock = threading.RLock()

    @classmethod
    def open(cls, folder: Path | None) -> ProgressStore:
        """Open or make the database in `folder`; None or a folder that cannot be written: in memory.

        Raises UsageError if the file there is damaged or of a newer version.
        """
        if folder is None or not _is_writable(folder):
            return cls(_prepared(_connect(":memory:"), Path(":memory:")), in_memory=True)
        path = folder / DATABASE
        return cls(_prepared(_connect(str(path)), path), in_memory=False)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def save(self, visitor: str, lesson: str, notes: Sequence[StepNote]) -> None:
        """Keep the notes of one lesson; only what changed since is written and moves up in the order."""
        with self._writing() as db:
            (last,) = db.execute("SELECT coalesce(max(changed), 0) FROM progress").fetchone()
            known = dict(
                db.execute("SELECT step, note FROM progress WHERE visitor = ? AND lesson = ?", (visitor, lesson))
            )
            for position, note in enumerate(notes):
                text = orjson.dumps(note.data).decode()
                if known.get(note.step) != text:
                    row = (visitor, lesson, note.step, position, note.done, text, last + 1 + position)
                    db.execute("INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def notes(self, visitor: str, lesson: str) -> list[dict[str, Any]]:
        """Return the player's notes of one lesson, in the order in which they were given."""
        query = "SELECT note FROM progress WHERE visitor = ? AND lesson = ? ORDER BY position"
        with self._lock:
            return [orjson.loads(text) for (text,) in self._db.execute(query, (visitor, lesson))]

    def of_visitor(self, visitor: str) -> list[LessonProgress]:
        """Return every lesson that the visitor has begun, the one touched last first."""
        query = (
            "SELECT lesson, step, done, max(changed) OVER (PARTITION BY lesson) AS latest FROM progress"
            " WHERE visitor = ? ORDER BY latest DESC, lesson, position"
        )
        lessons: dict[str, tuple[str, ...]] = {}
        with self._lock:
            for lesson, step, done, _ in self._db.execute(query, (visitor,)):
                lessons[lesson] = lessons.get(lesson, ()) + ((step,) if done else ())
        return [LessonProgress(lesson, done) for lesson, done in lessons.items()]

    def close(self) -> None:
        """Write everything into the one file and close it."""
        with self._lock:
            self._db.close()


def _connect(name: str) -> sqlite3.Connection:
    return sqlite3.connect(name, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / DATABASE
        path.touch(mode=0o600)
        with path.open("r+b"):
            return os.access(folder, os.W_OK)  # SQLite makes its -wal file beside it
    except OSError:
        return False


def _prepared(db: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        sound = db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        (version,) = db.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError:
        sound, version = False, 0
    if not sound:
        raise UsageError(f"{path} is damaged", hint="Put a copy back, or move the file away to start with no progress.")
    if version > _VERSION:
        raise UsageError(f"{path} was written by a newer podwalk", hint="Upgrade podwalk, or pass another --data DIR.")
    if version < _VERSION:
        db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
    return db
