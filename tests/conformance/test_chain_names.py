"""The names of kube-proxy's chains: upstream's check values, and a formula of our own over every cluster of the facts."""

import base64
import hashlib
from ipaddress import IPv4Address
from typing import Any

import pytest

from app.control.kubeproxy.chains import Chains, chance
from app.control.kubeproxy.servicemap import ProxyEndpoint, ProxyServicePort
from app.control.kubeproxy.static import PER_SERVICE
from tests.conformance.clusters import facts, proxied_node
from tests.conformance.test_proxy_flows import CASES

NAMES = facts("chain_names.json")
ANY = IPv4Address("172.30.0.1")


@pytest.mark.parametrize("check", NAMES["checks"], ids=lambda check: check["hashInput"])
def test_a_chain_is_called_as_upstream_calls_it(check: dict[str, Any]) -> None:
    name = f"{check['namespace']}/{check['service']}" + (f":{check['portName']}" if check["portName"] else "")
    chains = Chains.of(ProxyServicePort(name, check["protocol"].lower(), ANY, 80))
    if check["endpoint"]:
        address, _, port = check["endpoint"].rpartition(":")
        found = [chains.endpoint(ProxyEndpoint(IPv4Address(address), int(port), check["endpoint"]))]
    else:
        found = [chains.service, chains.local, chains.external, chains.firewall]
    assert found[: len(check["chains"])] == check["chains"]


@pytest.mark.parametrize("case", NAMES["probability"]["cases"], ids=lambda case: str(case["n"]))
def test_a_probability_is_written_with_ten_digits_and_printed_with_31_bits(case: dict[str, Any]) -> None:
    assert abs(float(chance(case["n"])) - float(case["expect"])) < 2**-31
    assert {chance(2), chance(3)} == {"0.50000000000", "0.33333333349"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_chain_follows_from_the_objects(case: dict[str, Any]) -> None:
    nat = proxied_node(case["cluster"], case["services"], case["endpointslices"]).netfilter.table("nat")
    digests = set()
    for service in case["services"]:
        key = f"{service['metadata']['namespace']}/{service['metadata']['name']}"
        for port in service["spec"]["ports"]:
            seed = key + (f":{port['name']}" if port.get("name") else "") + port.get("protocol", "TCP").lower()
            digests.add(digest(seed))
            for each in case["endpointslices"]:
                for number in (p["port"] for p in each["ports"]):
                    digests |= {digest(f"{seed}{e['addresses'][0]}:{number}") for e in each["endpoints"]}
    found = {name.rpartition("-")[2] for name in nat.chains if name.startswith(PER_SERVICE)}
    assert found <= digests


def digest(text: str) -> str:
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode()[:16]
