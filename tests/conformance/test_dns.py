"""Names as CoreDNS's own tests and the DNS specification have them: asked with `dig` in a Pod, every query a packet.

Source of the facts: kubernetes/dns specification, coredns plugin/kubernetes tests (dns_cases.json, dns_fixtures.json).
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.core.dnsmessage import Record
from app.kube.clusterfile import load_cluster_text
from app.shell import run
from app.shell.dns.layout import record_line
from app.sim.simulator import Simulator

DATA = Path(__file__).parent / "data"
Facts = dict[str, Any]
FIXTURES: Facts = json.loads((DATA / "dns_fixtures.json").read_text())
CASES: list[Facts] = json.loads((DATA / "dns_cases.json").read_text())
OUTSIDE = "outside the Corefile of Kubernetes"


def why_not(case: Facts) -> str:
    """Return why a case cannot be asked here: it needs another Corefile, or a moment that is past."""
    if case["given"].get("state") or "verified" in case["given"]["fixture"]:
        return OUTSIDE
    if case["given"]["fixture"] == "spec" and case["query"]["type"] == "TXT":
        return "the specification's example is of an older version than its text"
    return ""


@cache
def lab(fixture: str) -> Simulator:
    given = FIXTURES[fixture]
    objects = [*given.get("services", ()), *given.get("endpointslices", ()), *given.get("pods", ())]
    ips = [
        ip for s in given.get("services", ()) for ip in s["spec"].get("clusterIPs", ()) if re.fullmatch(r"[\d.]+", ip)
    ]
    block = ".".join((ips or ["10.1.0.0"])[0].split(".")[:2])
    cluster = {
        "apiVersion": "podwalk.dev/v1", "kind": "Cluster",
        "spec": {
            "nodes": [{"name": "node-10", "ip": "198.18.0.10", "podCIDR": "10.2.0.0/24"}], "addons": ["coredns"],
            "serviceCIDR": f"{block}.0.0/16", "dnsServiceIP": f"{block}.200.10", "controllers": "none",
            "upstreamDNS": given.get("upstream", {}), "underlay": {"subnet": "198.18.0.0/24"},
        },
    }  # fmt: skip
    names = [name for name in given.get("namespaces", ()) if " " not in name]
    namespaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in names]
    client = {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "dig", "annotations": {"podwalk.dev/ip": "10.2.0.200"}},
        "spec": {"nodeName": "node-10", "containers": [{"name": "dig", "image": "debian"}]},
    }  # fmt: skip
    documents = [cluster, *namespaces, *objects, client]
    return Simulator(load_cluster_text("\n---\n".join(json.dumps(document) for document in documents)))


def text_of(data: Any) -> str:
    return " ".join(str(data[k]) for k in ("priority", "weight", "port", "target")) if isinstance(data, dict) else data


@pytest.mark.parametrize(
    "case", CASES, ids=lambda c: f"{c['given']['fixture']} {c['query']['name']} {c['query']['type']}"
)
def test_dig_answers_as_coredns_does(case: Facts) -> None:
    if why := why_not(case):
        pytest.skip(why)
    query, expected = case["query"], case["expect"]
    result = run(lab(case["given"]["fixture"]), "pod/default/dig", f"dig {query['name']} {query['type']}")
    assert f"status: {expected['rcode']}," in result.stdout
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    answers = expected["answers"]
    assert f"ANSWER: {len(answers)}," in result.stdout
    for answer in answers:
        data = re.escape(text_of(answer["data"])).replace(r"\*", r"\d+").replace("<unique\\-id>", "[a-z0-9-]+")
        pattern = rf"{re.escape(answer['name'])} \d+ IN {answer['type']} {data}"
        assert any(re.fullmatch(pattern, line) for line in lines), pattern
    if case["given"]["fixture"].startswith("coredns"):
        for more in expected["additional"]:
            assert any(line.endswith(f"IN {more['type']} {more['data']}") for line in lines)
        for authority in expected["authority"] or ():
            owner, _, _, kind, primary, mailbox = authority.split()[:6]
            assert any(
                re.fullmatch(rf"{owner} \d+ IN {kind} {primary} {mailbox} \d+ 7200 1800 86400 30", line)
                for line in lines
            )


def test_columns_are_those_of_bind() -> None:
    """Printed by dig 9.18.49 (Debian 12) for these very records."""
    assert record_line(Record("www.example.com.", "A", 30, "192.0.2.53")) == "www.example.com.\t30\tIN\tA\t192.0.2.53"
    name = "nginx.default.svc.cluster.local."
    assert record_line(Record(name, "A", 30, "10.1.0.20")) == f"{name} 30 IN\tA\t10.1.0.20"
    long = f"_http._tcp.{name}"
    assert record_line(Record(long, "SRV", 30, f"0 100 80 {name}")) == f"{long} 30 IN SRV 0 100 80 {name}"
