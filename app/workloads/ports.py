"""Which ports a server's container shall open: by the annotation podwalk.dev/listens, or by its command line."""

from __future__ import annotations

from collections.abc import Sequence

from app.kube.listens import ANNOTATION, Listen
from app.workloads.machine import Container

__all__ = ["annotated", "option"]


def annotated(container: Container) -> tuple[Listen, ...] | None:
    """Return the sockets of the Pod's annotation, for its first container; None where the image itself decides."""
    pod = container.machine.pod
    if pod is None or ANNOTATION not in pod.metadata.annotations:
        return None
    return pod.listens if next(iter(container.machine.containers.values())) is container else ()


def option(words: Sequence[str], *names: str) -> str | None:
    """Return the value of an option of a command line: `--port 8080`, `--port=8080`; None where it is not given."""
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else words[at + 1] if at + 1 < len(words) else None
    return None
