"""kubectl's errors: its own, and how it words the server's. Source: kubectl pkg/cmd/util/helpers.go, checkErr()."""

from __future__ import annotations

from collections.abc import Sequence

from app.kube.status import StatusError
from app.shell.result import CommandError

__all__ = ["error", "error_lines", "usage_error"]


def error(text: str, exit_code: int = 1) -> CommandError:
    """Return `error: TEXT`."""
    return CommandError(f"error: {text}\n", exit_code)


def usage_error(words: Sequence[str], text: str) -> CommandError:
    """Return `error: TEXT` and where help is."""
    return CommandError(f"error: {text}\nSee 'kubectl {' '.join(words)} -h' for help and examples\n", 1)


def error_lines(status: StatusError, doing: str = "") -> str:
    """Return what kubectl prints for an answer of the server; `doing` is like `error when creating "a.yml"`."""
    if status.reason == "NoMatch":
        return f"error: {status.message}\n"
    causes = status.details.get("causes", ())
    if status.reason == "Invalid" and not doing and causes:
        about = f'The {status.details.get("kind", "")} "{status.details.get("name", "")}" is invalid: '
        texts = list(dict.fromkeys(f"{c['field']}: {c['message']}" if c["field"] else c["message"] for c in causes))
        if len(texts) == 1:
            return f"{about}{texts[0]}\n"
        return about + "\n" + "".join(f"* {text}\n" for text in texts)
    before = f"{doing}: " if doing else ""
    return f"Error from server ({status.reason}): {before}{status.message}\n"
