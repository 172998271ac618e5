"""Addresses in prose: filled in from the scene, or checked against it."""

from typing import Any

import pytest

from app.curriculum.places import Places, UnknownPlaceError
from app.curriculum.prose import fill, literals, nearest_address, references, unknown_literals


def _link(netns: str, name: str, kind: str, mac: str, **more: Any) -> dict[str, Any]:
    known = {
        "id": f"{netns}:{name}",
        "netns": netns,
        "room": netns,
        "name": name,
        "kind": kind,
        "mac": mac,
        "mtu": 1450,
    }
    return known | {"addresses": [], "up": True, "master": None, "peer": None, "port": None} | more


SCENE = {
    "rooms": [
        {"id": "n1", "kind": "node", "label": "n1", "parent": None, "netns": "n1", "ip": "10.0.0.11"},
        {
            "id": "pod/default/a.b",
            "kind": "pod",
            "label": "a.b",
            "parent": "n1",
            "netns": "pod/default/a.b",
            "ip": "10.2.1.2",
        },
        {
            "id": "ext/gateway",
            "kind": "gateway",
            "label": "gateway",
            "parent": None,
            "netns": "ext/gateway",
            "ip": "10.0.0.1",
        },
        {"id": "lan/lan0", "kind": "lan", "label": "10.0.0.0/24", "parent": None, "netns": "underlay", "ip": None},
    ],
    "interfaces": [
        _link("n1", "ens33", "nic", "02:00:0a:00:00:0b", addresses=["10.0.0.11/24"]),
        _link("n1", "cni0", "bridge", "0a:58:0a:02:01:01", addresses=["10.2.1.1/24"]),
        _link("n1", "flannel.1", "vxlan", "0e:f1:0a:02:01:00", addresses=["10.2.1.0/32"]),
        _link("n1", "veth1", "veth", "06:00:0a:02:01:02", peer="pod/default/a.b:eth0", master="n1:cni0"),
        _link("pod/default/a.b", "eth0", "veth", "0a:58:0a:02:01:02", addresses=["10.2.1.2/24"], peer="n1:veth1"),
        _link("ext/gateway", "eth0", "nic", "02:00:0a:00:00:01", addresses=["10.0.0.1/24"]),
    ],
    "links": [],
}
PLACES = Places(SCENE)


def test_names_are_those_of_the_scene() -> None:
    assert sorted(PLACES.by_selector) == [
        "ext/gateway",
        "ext/gateway/if/eth0",
        "lan/lan0",
        "node/n1",
        "node/n1/br/cni0",
        "node/n1/if/ens33",
        "node/n1/tun/flannel.1",
        "pod/default/a.b",
        "pod/default/a.b/if/eth0",
        "veth/default/a.b",
    ]
    assert PLACES.get("veth/default/a.b").id == "n1:veth1"
    assert PLACES.at("underlay", "swp3") == PLACES.get("lan/lan0")


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{pod/default/a.b.ip}}", "10.2.1.2"),
        ("{{ pod/default/a.b.mac }}", "0a:58:0a:02:01:02"),
        ("{{node/n1}} {{node/n1.ip}}", "n1 10.0.0.11"),
        ("{{node/n1/tun/flannel.1}} {{node/n1/tun/flannel.1.ip}}", "flannel.1 10.2.1.0"),
        ("{{node/n1/br/cni0.cidr}} {{node/n1/br/cni0.mtu}}", "10.2.1.0/24 1450"),
        ("{{veth/default/a.b.name}}", "veth1"),
        ("nothing", "nothing"),
    ],
)
def test_holes_are_filled(text: str, filled: str) -> None:
    assert fill(text, PLACES) == filled


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{{pod/default/c.ip}}", "no such element 'pod/default/c'"),
        ("{{node/n1.ipp}}", "did you mean 'ip'?"),
        ("{{veth/default/a.b.ip}}", "'veth/default/a.b' has no ip"),
        ("{{}}", "no such element ''"),
    ],
)
def test_a_hole_that_cannot_be_filled_says_why(text: str, says: str) -> None:
    with pytest.raises(UnknownPlaceError) as caught:
        fill(text, PLACES)
    assert says in str(caught.value)
    assert references(text)


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("10.2.1.2 and 10.2.1.1/24 in 10.2.1.0/24", []),
        ("10.2.1.3", ["10.2.1.3"]),
        ("（10.2.1.3）", ["10.2.1.3"]),
        ("10.2.2.0/24", ["10.2.2.0/24"]),
        ("0A:58:0A:02:01:01 06:00:0a:02:01:09", ["06:00:0a:02:01:09"]),
        ("127.0.0.1, ff:ff:ff:ff:ff:ff", []),
        ("version 1.2.3.4.5, 1.2.3, x1.2.3.4", []),
        ("999.1.1.1", ["999.1.1.1"]),
        ("icmp://10.2.1.3", []),
        ("{{pod/default/a.b.ip}}", []),
    ],
)
def test_typed_addresses_must_exist(text: str, unknown: list[str]) -> None:
    assert list(unknown_literals(text, PLACES)) == unknown


def test_routes_name_networks_too() -> None:
    assert list(unknown_literals("10.2.0.0/16", PLACES, frozenset({"10.2.0.0/16"}))) == []
    assert list(literals("10.2.0.0/16")) == ["10.2.0.0/16"]


def test_the_nearest_address_is_a_hint() -> None:
    assert nearest_address("10.2.1.9", PLACES) == "10.2.1.2"
    assert nearest_address("ff:00:00:00:00:00", PLACES) is None
