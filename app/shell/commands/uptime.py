"""`uptime`: how long the modelled cluster has been up. Source: uptime(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult, said
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["uptime"]


@COMMANDS.register("uptime")
def uptime(at: Terminal, args: Sequence[str]) -> CommandResult:  # noqa: ARG001
    """Print for how long the cluster has been running, in virtual time."""
    minutes = at.netns.clock.now_us // 60_000_000
    up = f"{minutes} min" if minutes < 60 else f"{minutes // 60:2}:{minutes % 60:02}"
    return said([f" {at.now:%H:%M:%S} up {up},  1 user,  load average: 0.00, 0.00, 0.00"])
