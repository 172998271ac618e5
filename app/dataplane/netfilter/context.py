"""What a rule can ask about a packet at a hook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from app.dataplane.headers import IPv4

if TYPE_CHECKING:
    from app.dataplane.conntrack import Connection
    from app.dataplane.interface import Interface
    from app.dataplane.netns import NetNs

__all__ = ["Context"]


class Context(Struct):
    """A packet at a hook. `mark` and `connection` are what the kernel keeps beside the packet in the skb.

    `state` is the packet's conntrack state for `--ctstate`; `draws` collects the random numbers that rules drew.
    """

    netns: NetNs
    hook: str
    ip: IPv4
    in_dev: Interface | None
    out_dev: Interface | None
    mark: int = 0
    connection: Connection | None = None
    state: str = "INVALID"
    is_bridged: bool = False
    physdev_in: str = ""
    physdev_out: str = ""
    draws: list[float] = []

    def as_seen(self) -> Context:
        """Return a copy that stays as it is now."""
        return Context(
            self.netns, self.hook, self.ip, self.in_dev, self.out_dev, self.mark, self.connection, self.state,
            self.is_bridged, self.physdev_in, self.physdev_out, self.draws,
        )  # fmt: skip
