"""Per-interface kernel parameters, `net.ipv4.conf.INTERFACE.KEY`, and how `all` and an interface's own value combine.

An interface that nothing was set on has no entry: it answers with `net.ipv4.conf.default.KEY`, or with 0. A dot in an
interface's name is shown as a slash (`net.ipv4.conf.vxlan/calico.rp_filter`), as sysctl(8) prints it.
Source: Linux include/linux/inetdevice.h (IN_DEV_CONF_GET, IN_DEV_ORCONF, IN_DEV_MAXCONF), net/ipv4/devinet.c
(inet_forward_change: `ip_forward` writes every interface's `forwarding`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from app.dataplane.hop import Text
from app.dataplane.interface import Interface

if TYPE_CHECKING:
    from app.dataplane.netns import NetNs

__all__ = ["CONF", "conf_key", "conf_keys", "either", "forward_change", "own", "setting_evidence", "strictest"]

PREFIX = "net.ipv4.conf."
IP_FORWARD = "net.ipv4.ip_forward"
#: The per-interface parameters that the model knows.
CONF = ("forwarding", "proxy_arp", "route_localnet", "rp_filter", "send_redirects")
ON_BY_DEFAULT = ("send_redirects",)


@cache
def conf_key(interface: str, key: str) -> str:
    """Return the parameter's name: `net.ipv4.conf.cali0123.proxy_arp`."""
    return f"{PREFIX}{interface.replace('.', '/')}.{key}"


def value(netns: NetNs, interface: str, key: str) -> str:
    """Return an interface's own value of a parameter, whatever `all` says; `forwarding` follows ip_forward."""
    found = netns.sysctls.get(conf_key(interface, key))
    if found is not None:
        return found
    if key == "forwarding":
        return netns.sysctls[IP_FORWARD]
    unset = "1" if key in ON_BY_DEFAULT else "0"
    return unset if interface == "all" else netns.sysctls.get(conf_key("default", key), unset)


def own(dev: Interface, key: str) -> bool:
    """Whether the interface's own value is on (IN_DEV_CONF_GET)."""
    return value(dev.netns, dev.name, key) != "0"


def either(dev: Interface, key: str) -> bool:
    """Whether it is on for `all` or for the interface (IN_DEV_ORCONF)."""
    return own(dev, key) or dev.netns.sysctls.get(conf_key("all", key), "0") != "0"


def strictest(dev: Interface, key: str) -> int:
    """Return the higher of the values of `all` and of the interface (IN_DEV_MAXCONF)."""
    return max(int(value(dev.netns, dev.name, key)), int(dev.netns.sysctls.get(conf_key("all", key), "0")))


def setting_evidence(dev: Interface, key: str) -> Text:
    """Return the parameter of that interface as `sysctl KEY` prints it."""
    name = conf_key(dev.name, key)
    return Text(f"sysctl {name}", f"{name} = {value(dev.netns, dev.name, key)}")


def conf_keys(netns: NetNs) -> Iterator[tuple[str, str]]:
    """Yield (parameter, value) of `all`, `default` and every interface, those that nobody set included."""
    for name in ("all", "default", *netns.interfaces):
        for key in CONF:
            yield conf_key(name, key), value(netns, name, key)


def forward_change(netns: NetNs, new: str) -> None:
    """Write `net.ipv4.ip_forward` (`conf.all.forwarding` is the same): every interface's `forwarding` follows."""
    netns.sysctls[IP_FORWARD] = new
    for key in [k for k in netns.sysctls if k.startswith(PREFIX) and k.endswith(".forwarding")]:
        netns.sysctls[key] = new
