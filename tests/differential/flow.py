"""A question that is put to both, the model and the kernel; who can ask, and what is done before."""

from __future__ import annotations

from typing import NamedTuple

Command = tuple[str, str]

SHELL, SHELL_2, ECHO_1, ECHO_2 = (f"pod/default/{name}" for name in ("shell", "shell-2", "echo-1", "echo-2"))
CP, W1, W2, LAN, INET = "node/cp", "node/w1", "node/w2", "ext/lan", "ext/inet"
#: Seconds after which a sender that has learned nothing is taken to wait for ever: before TCP sends its SYN again.
SILENT = 0.4


class Flow(NamedTuple):
    """One question. `before`: commands at both terminals; they are taken back afterwards. `earlier`: questions that are asked first, caches and connections stay. `patience`: seconds
    that the kernel's sender waits; the model's waits five, as long as a neighbour in use until it is probed again."""

    setup: str
    name: str
    from_: str
    to: str
    before: tuple[Command, ...] = ()
    ttl: int | None = None
    size: int | None = None
    df: bool = False
    patience: float = 4.5
    earlier: tuple[str, ...] = ()


LAN_TO_W1: tuple[Command, ...] = ((LAN, "ip route add 192.0.2.0/24 via 192.168.50.11"),)
LAN_TO_W2: tuple[Command, ...] = ((LAN, "ip route add 192.0.2.0/24 via 192.168.50.12"),)
LAN_TO_SERVICES: tuple[Command, ...] = ((LAN, "ip route add 10.97.0.0/16 via 192.168.50.11"),)
LAN_TO_PODS_BY_W1: tuple[Command, ...] = ((LAN, "ip route add 10.44.2.0/24 via 192.168.50.11"),)
