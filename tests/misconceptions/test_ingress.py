"""Misconceptions about Ingress, each dissolved by a trace."""

from __future__ import annotations

import pytest

from app.kube.clusterfile import load_cluster_text
from app.shell import run
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator
from app.sim.trace import Trace
from tests.misconceptions.lab import SECOND, hops, pod, service

HEAD = """\
apiVersion: podwalk.dev/v1
kind: Cluster
metadata: {name: misconceptions}
spec:
  addons: [%s]
  external: [{name: client, ip: 10.0.0.200}]
"""
DEPLOYMENT = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]%s}
"""
WEB = service("web", "selector: {app: web}, ports: [{port: 80}]")
ADDRESS = "http://10.0.0.10"


def ingress(*paths: tuple[str, str, str], class_name: str = "nginx") -> str:
    """Return an Ingress for every host: (path, path type, Service)."""
    rows = ", ".join(
        f"{{path: {path}, pathType: {kind}, backend: {{service: {{name: {to}, port: {{number: 80}}}}}}}}"
        for path, kind, to in paths
    )
    named = f"ingressClassName: {class_name}, " if class_name else ""
    return (
        "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\n"
        f"spec: {{{named}rules: [{{http: {{paths: [{rows}]}}}}]}}\n"
    )


def lab(*objects: str, addons: str = "ingress-nginx") -> Simulator:
    return Simulator(load_cluster_text(HEAD % addons + "".join(objects)))


def ask(sim: Simulator, path: str = "/") -> Trace:
    return sim.trace(TraceRequest("ext/client", ADDRESS + path))


def codes(trace: Trace) -> list[str]:
    """Return what the controller did with the request."""
    return [hop.caption.code for hop in hops(trace, "http-match")]


def restart(sim: Simulator, lines: int = 100) -> list[int | None]:
    """Give the Deployment a new template, ask ten times a second meanwhile, and return the statuses."""
    found = sim.live.api.get("Deployment", "web", "default")
    change = {"spec": {"template": {"metadata": {"annotations": {"restarted": "yes"}}}}}
    sim.live.api.patch("Deployment", found.name, found.namespace, change, "merge")
    statuses = []
    for _ in range(lines):
        statuses.append(ask(sim).verdict.http_status)
        sim.clock.run_until(sim.clock.now_us + SECOND // 10)
    return statuses


def test_m16_a_rolling_update_loses_requests_while_ingress_does_not_know_yet_that_a_pod_is_going() -> None:
    sim = lab(DEPLOYMENT % "", WEB, ingress(("/", "Prefix", "web")))
    assert ask(sim).verdict.http_status == 200
    statuses = restart(sim)
    assert 502 in statuses, "nobody listens any more"
    assert set(statuses) <= {200, 502, 504}, "504: not even the address answers"
    assert statuses[-1] == 200, "the loss is over when every watcher knows"
    drained = DEPLOYMENT.replace("image: nginx}", "image: nginx, lifecycle: {preStop: {sleep: {seconds: 5}}}}")
    patient = lab(drained % "", WEB, ingress(("/", "Prefix", "web")))
    assert set(restart(patient)) == {200}, "a Pod that waits before it stops is no longer asked by then"


def test_m16_the_refused_attempt_is_a_connection_to_the_pod_that_has_stopped() -> None:
    sim = lab(DEPLOYMENT % "", WEB, ingress(("/", "Prefix", "web")))
    first = str(
        next(hop for hop in hops(ask(sim), "http-match") if hop.caption.code == "http-upstream").caption.params[
            "server"
        ]
    )
    change = {"spec": {"template": {"metadata": {"annotations": {"restarted": "yes"}}}}}
    sim.live.api.patch("Deployment", "web", "default", change, "merge")
    trace = ask(sim)
    for _ in range(100):
        if trace.verdict.http_status == 502:
            break
        sim.clock.run_until(sim.clock.now_us + SECOND // 10)
        trace = ask(sim)
    dialled = {hop.caption.params["server"] for hop in hops(trace, "http-match") if hop.caption.code == "http-upstream"}
    assert dialled == {first}, "the table still names the old Pod"
    assert "http-upstream-failed" in codes(trace)
    assert hops(trace, "refuse") or hops(trace, "arp-failed")


def test_m17_four_statuses_say_who_answered_and_why() -> None:
    sim = lab(
        pod("app", labels="app: web"), WEB, pod("closed", labels="app: closed", listens=""),
        service("closed", "selector: {app: closed}, ports: [{port: 80}]"),
        service("empty", "selector: {app: nobody}, ports: [{port: 80}]"),
        ingress(("/app", "Prefix", "web"), ("/closed", "Prefix", "closed"), ("/empty", "Prefix", "empty")),
    )  # fmt: skip
    no_rule, own, dead, empty = (ask(sim, path) for path in ("/", "/app/none", "/closed", "/empty"))
    assert [each.verdict.http_status for each in (no_rule, own, dead, empty)] == [404, 404, 502, 503]
    assert codes(no_rule) == ["http-match-default"], "no Pod was asked"
    assert codes(own) == ["http-match", "http-upstream"], "this 404 is the application's own"
    assert [hop.netns for hop in hops(own, "http-request")] == ["k8s-master-10", "pod/default/app"]
    assert codes(empty) == ["http-match-no-endpoints"]
    assert codes(dead)[:3] == ["http-match", "http-upstream", "http-upstream-failed"]
    assert hops(dead, "refuse")[0].netns == "pod/default/closed"


@pytest.mark.parametrize(("path", "wins"), [
    ("/foo", "/foo"), ("/foo/bar", "/foo"), ("/foobar", "/"), ("/foo/long/x", "/foo/long"), ("/exact", "/exact"),
    ("/exact/", "/exact"),
])  # fmt: skip
def test_m18_a_prefix_is_made_of_path_elements_and_the_longest_wins(path: str, wins: str) -> None:
    names = {"/": "root", "/foo": "foo", "/foo/long": "long", "/exact": "exact"}
    rules = [("/", "Prefix", "root"), ("/foo", "Prefix", "foo"), ("/foo/long", "Prefix", "long"),
             ("/exact", "Prefix", "other"), ("/exact", "Exact", "exact")]  # fmt: skip
    expected = "other" if path == "/exact/" else names[wins]
    trace = ask(lab(ingress(*rules)), path)
    [match] = hops(trace, "http-match")
    assert match.caption.params["upstream"] == f"default-{expected}-80"
    assert match.evidence is not None
    assert all(each.because for each in match.evidence.skipped)
    if path == "/foobar":
        lost = {each.entry: each.because for each in match.evidence.skipped}
        assert lost["location /foo/ {"] == "/foobar !~ ^/foo/"


def test_m19_an_ingress_without_a_controller_changes_nothing_and_one_of_no_class_is_nobody_s() -> None:
    objects = (pod("app", labels="app: web"), WEB)
    bare = ask(lab(*objects, ingress(("/", "Prefix", "web")), addons=""))
    assert bare.verdict.sender_learns == "ECONNREFUSED", "nobody listens on port 80"
    without_class = lab(*objects, ingress(("/", "Prefix", "web"), class_name=""))
    assert ask(without_class).verdict.http_status == 404
    assert "status" not in without_class.live.store.get("Ingress", "web", "default").body  # type: ignore[union-attr]
    patch = '{"spec":{"ingressClassName":"nginx"}}'
    assert run(without_class, "node/k8s-master-10", f"kubectl patch ingress web -p '{patch}'").exit_code == 0
    assert ask(without_class).verdict.http_status == 200
