"""Which endpoints a node uses: upstream's table of traffic policies, hints, readiness and termination."""

from ipaddress import IPv4Address
from typing import Any

import pytest

from app.control.kubeproxy.categorize import Categorized, Place, VersionRules, categorize
from app.control.kubeproxy.servicemap import ProxyEndpoint, ProxyServicePort
from tests.conformance.clusters import facts

CASES = facts("proxy_topology.json")
HERE = "here"


def endpoint(given: dict[str, Any]) -> ProxyEndpoint:
    address, _, port = given["endpoint"].partition(":")
    ready = given.get("ready", False)
    return ProxyEndpoint(
        IPv4Address(address), int(port), given["endpoint"], HERE if given.get("isLocal") else "there", ready,
        given.get("serving", ready), given.get("terminating", False), frozenset(given.get("zoneHints") or ()),
    )  # fmt: skip


def used(case: dict[str, Any]) -> Categorized:
    service, gates = case["service"], case["featureGates"]
    port = ProxyServicePort(
        "ns/svc", "tcp", IPv4Address("172.30.0.1"), 80, node_port=service["nodePort"],
        is_internal_local=service["internalTrafficPolicy"] == "Local",
        is_external_local=service["externalTrafficPolicy"] == "Local",
        topology_mode=(service["annotations"] or {}).get("service.kubernetes.io/topology-mode", ""),
        endpoints=tuple(endpoint(given) for given in case["endpoints"]),
    )  # fmt: skip
    zone = (case["nodeLabels"] or {}).get("topology.kubernetes.io/zone", "")
    distributes = gates["ServiceTrafficDistribution"]
    version = VersionRules(gates["TopologyAwareHints"] or distributes, annotated_only=not distributes, nodes=False)
    return categorize(port, Place(HERE, zone), version)


def texts(endpoints: tuple[ProxyEndpoint, ...]) -> list[str]:
    return sorted(each.text for each in endpoints)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_node_uses_the_endpoints_that_upstream_says(case: dict[str, Any]) -> None:
    found, expect = used(case), case["expect"]
    assert texts(found.cluster) == sorted(expect["clusterEndpoints"] or [])
    assert texts(found.local) == sorted(expect["localEndpoints"] or [])
    assert texts(found.reachable) == sorted(expect["allEndpoints"] or [])
    assert found.has_any == expect["hasAnyEndpoints"]
