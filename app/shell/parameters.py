"""Kernel parameters as they are written: what the kernel takes as a value, for `sysctl` and for /proc/sys."""

from __future__ import annotations

import re
from collections.abc import Callable

from app.dataplane.netns import NetNs
from app.dataplane.settings import IP_FORWARD, PREFIX, conf_key, forward_change

__all__ = ["is_acted_on", "set_parameter"]

INT_MIN, INT_MAX = -(2**31), 2**31 - 1


def _integer(low: int, high: int) -> Callable[[str], str | None]:
    """Return a check: a whole number from `low` to `high`, in any base that the kernel reads (proc_dointvec)."""

    def check(text: str) -> str | None:
        found = re.fullmatch(r"\s*(-?)(0[xX][0-9a-fA-F]{1,8}|0[0-7]{0,11}|[1-9][0-9]{0,9})\s*", text)
        if found is None:
            return None
        digits = found[2]
        base = 16 if digits[:2].lower() == "0x" else 8 if digits.startswith("0") else 10
        value = int(digits, base) * (-1 if found[1] else 1)
        return str(value) if low <= value <= high else None

    return check


#: What the model acts on, and the values that the kernel takes. Source: net/ipv4/sysctl_net_ipv4.c, devinet.c.
ACTED_ON: dict[str, Callable[[str], str | None]] = {
    "net.ipv4.ip_forward": _integer(INT_MIN, INT_MAX),
    "net.ipv4.icmp_echo_ignore_all": _integer(0, 1),
    "net.ipv4.icmp_echo_ignore_broadcasts": _integer(0, 1),
    "net.bridge.bridge-nf-call-iptables": _integer(INT_MIN, INT_MAX),
    "net.ipv4.ip_default_ttl": _integer(1, 255),
    "net.ipv4.route.min_adv_mss": _integer(INT_MIN, INT_MAX),
    "net.ipv4.route.min_pmtu": _integer(68, INT_MAX),
    "net.ipv4.route.mtu_expires": _integer(0, INT_MAX),
}
#: Per-interface parameters that the model acts on, by their last word; the kernel takes any number.
ACTED_ON_CONF = ("forwarding", "proxy_arp", "route_localnet", "rp_filter")
KEPT = _integer(INT_MIN, INT_MAX)


def set_parameter(netns: NetNs, key: str, text: str) -> bool:
    """Set a parameter that is there; False where the kernel refuses the value."""
    value = ACTED_ON.get(key, KEPT)(text)
    if value is None:
        return False
    if key in (IP_FORWARD, conf_key("all", "forwarding")):
        forward_change(netns, value)
    else:
        netns.sysctls[key] = value
    return True


def is_acted_on(key: str) -> bool:
    """Whether the model acts on a parameter."""
    return key in ACTED_ON or (key.startswith(PREFIX) and key.rpartition(".")[2] in ACTED_ON_CONF)
