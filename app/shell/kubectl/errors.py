"""kubectl's errors: its own, and how it words the server's. Source: kubectl pkg/cmd/util/helpers.go, checkErr()."""

from __future__ import annotations

from collections.abc import Sequence

from app.kube.status import StatusError
from app.shell.result import CommandError

__all__ = ["error", "error_lines", "failure_lines", "usage_error"]


def error(text: str, exit_code: int = 1) -> CommandError:
    """Return `error: TEXT`."""
    return CommandError(f"error: {text}\n", exit_code)


def usage_error(words: Sequence[str], text: str) -> CommandError:
    """Return `error: TEXT` and where help is."""
    return CommandError(f"error: {text}\nSee 'kubectl {' '.join(words)} -h' for help and examples\n", 1)


def failure_lines(failures: Sequence[tuple[StatusError | str, str]]) -> str:
    """Return what kubectl prints for errors that it collected, each with what it was doing; several lose `error: `.

    Source: k8s.io/kubectl pkg/cmd/util/helpers.go, checkErr(), MultipleErrors().
    """
    if len(failures) == 1:
        refusal, doing = failures[0]
        return f"error: {refusal}\n" if isinstance(refusal, str) else error_lines(refusal, doing)
    return "".join(f"{_one_line(refusal, doing)}\n" for refusal, doing in failures)


def _one_line(refusal: StatusError | str, doing: str) -> str:
    if isinstance(refusal, str):
        return refusal
    if refusal.reason == "NoMatch":
        return refusal.message
    return f"Error from server ({refusal.reason}): {doing}{': ' if doing else ''}{refusal.message}"


def error_lines(status: StatusError, doing: str = "") -> str:
    """Return what kubectl prints for one answer of the server; `doing` is like `error when creating "a.yml"`."""
    causes = status.details.get("causes", ())
    if status.reason == "NoMatch":
        return f"error: {status.message}\n"
    if status.reason == "Invalid" and causes:
        kind, name = status.details.get("kind", ""), status.details.get("name", "")
        about = f'The {kind} "{name}" is invalid: ' if kind or name else "The request is invalid: "
        texts = list(dict.fromkeys(f"{c['field']}: {c['message']}" if c["field"] else c["message"] for c in causes))
        if len(texts) == 1:
            return f"{about}{texts[0]}\n"
        return about + "\n" + "".join(f"* {text}\n" for text in texts)
    return f"{_one_line(status, doing)}\n"
