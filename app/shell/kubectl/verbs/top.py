"""`kubectl top`: there is no metrics server in the model."""

from __future__ import annotations

from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.errors import error
from app.shell.result import CommandResult

__all__ = ["top"]


def top(call: KubectlCall) -> CommandResult:  # noqa: ARG001
    """Show what nodes or Pods use; there are no metrics here."""
    raise error("Metrics API not available")


VERBS.register("top node")(top)
VERBS.register("top pod")(top)
