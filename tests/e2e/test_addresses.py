"""Nothing on the page is typed in: another Pod network gives other addresses everywhere, and the same walk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Visitor
from tests.e2e.player import Player
from tests.e2e.sandbox import SandboxPage
from tests.e2e.server import Server
from tests.e2e.walk import trace

pytestmark = pytest.mark.e2e

CLUSTER = """
apiVersion: podwalk.dev/v1
kind: Cluster
metadata: {{name: moved}}
spec:
  podCIDR: {network}
  underlay: {{subnet: 10.0.0.0/24, gateway: 10.0.0.1}}
  cni: {{plugin: flannel, backend: vxlan}}
  nodes:
    - {{name: k8s-node-11, ip: 10.0.0.11}}
    - {{name: k8s-node-12, ip: 10.0.0.12}}
---
apiVersion: v1
kind: Pod
metadata: {{name: here}}
spec: {{nodeName: k8s-node-11, containers: [{{name: main, image: busybox}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: there}}
spec: {{nodeName: k8s-node-12, containers: [{{name: main, image: nginx}}]}}
"""
HOLDS = """(text) => document.documentElement.outerHTML.includes(text)
  || [...document.querySelectorAll('input, select')].some(({value}) => value.includes(text))"""
"""Whether a text is anywhere in the page: in words, attributes, the drawing, or typed into a field."""


def test_another_pod_network_changes_every_address_and_no_hop(visitor: Visitor, tmp_path: Path) -> None:
    was, now = (tmp_path / f"{name}.yaml" for name in ("was", "now"))
    was.write_text(CLUSTER.format(network="10.2.0.0/16"))
    now.write_text(CLUSTER.format(network="10.77.0.0/16"))
    before = trace((str(was),), "pod/default/here", "icmp://10.2.1.2")
    after = trace((str(now),), "pod/default/here", "icmp://10.77.1.2")
    assert before["verdict"]["outcome"] == after["verdict"]["outcome"] == "delivered"
    with Server(["-f", str(now)]) as server:
        page = SandboxPage(visitor("/sandbox", server=server))
        page.send("pod/default/here", "icmp://10.77.1.2")
        assert page.kinds() == [hop["kind"] for hop in before["hops"]]
        for number in range(1, len(after["hops"]) + 1):
            assert not page.page.evaluate(HOLDS, "10.2."), f"at hop {number}"
            page.press("ArrowRight")
        assert page.page.evaluate(HOLDS, "10.77.1.2")
        for lang in ("zh", "en"):
            home = Player(visitor("/", server=server, lang=lang))
            assert "10.2." not in home.page.locator(".demo").evaluate("(demo) => demo.outerHTML")
            assert "10.77." in home.page.locator(".demo").inner_text()
            home.visit.context.close()
        page.visit.context.close()
