"""What the options before `ip`'s object ask for."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

__all__ = ["IpOptions", "joined"]


class IpOptions(Struct, frozen=True):
    """`family` "inet" with -4, else ""; `details` -d, `brief` -br, `oneline` -o, `statistics` -s."""

    family: str = ""
    details: bool = False
    brief: bool = False
    oneline: bool = False
    statistics: bool = False

    @property
    def family_name(self) -> str:
        """How messages call an address: `inet` where -4 was given, else `any valid`."""
        return self.family or "any valid"


def joined(lines: Sequence[str], options: IpOptions) -> list[str]:
    """Return the lines of one object, in one with backslashes under -o."""
    return ["\\".join(lines)] if options.oneline else list(lines)
