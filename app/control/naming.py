"""Names and hardware addresses that a real system draws at random, derived so that walks can be compared."""

from __future__ import annotations

import hashlib
from ipaddress import IPv4Address


def derived_mac(prefix: str, address: IPv4Address) -> str:
    """Return `prefix` (two octets, `0a:58`) and the address in hex: 0a:58:0a:02:01:14 for 10.2.1.20.

    The CNI bridge plugin really does that for 0a:58; architecture.md lists the others.
    """
    return ":".join([prefix, *(f"{octet:02x}" for octet in address.packed)])


def pod_mac(address: IPv4Address) -> str:
    """Return the MAC of a Pod's eth0, and of a bridge that has `address`."""
    return derived_mac("0a:58", address)


def host_veth_mac(pod_address: IPv4Address) -> str:
    """Return the MAC of the node's end of a Pod's veth."""
    return derived_mac("06:00", pod_address)


def nic_mac(address: IPv4Address) -> str:
    """Return the MAC of a network card."""
    return derived_mac("02:00", address)


def switch_port_mac(address: IPv4Address) -> str:
    """Return the MAC of the switch port that the card with `address` is plugged into; no frame carries it."""
    return derived_mac("02:01", address)


def vtep_mac(address: IPv4Address) -> str:
    """Return the MAC of a VXLAN device."""
    return derived_mac("0e:f1", address)


def sandbox_id(namespace: str, pod: str) -> str:
    """Return the ID of a Pod's sandbox: random in the real world, here the hash of its name."""
    return hashlib.sha256(f"{namespace}.{pod}".encode()).hexdigest()


def _pod_digest(namespace: str, pod: str) -> str:
    # sha1 is what Calico really uses for this name; nothing here is a secret.
    return hashlib.sha1(f"{namespace}.{pod}".encode(), usedforsecurity=False).hexdigest()


def host_veth_name(namespace: str, pod: str) -> str:
    """Return the name of the node's end of a Pod's veth: `veth` and 8 hex digits, as the bridge plugin's look."""
    return f"veth{_pod_digest(namespace, pod)[:8]}"


def calico_veth_name(namespace: str, pod: str) -> str:
    """Return the name of the node's end of a Pod's veth under Calico. Source: libcalico-go, workload endpoint names."""
    return f"cali{_pod_digest(namespace, pod)[:11]}"


def netns_link_name(namespace: str, pod: str) -> str:
    """Return what `ip link` on the node calls a Pod's namespace: `cni-` and a UUID, as containerd names them."""
    digest = _pod_digest(namespace, pod)
    return f"cni-{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
