"""Routing tables against other people's facts, and each controller's own ways."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import Mark
from app.kube.endpoints import SERVICE_NAME, Endpoint, EndpointPort, EndpointSlice
from app.kube.objects import Metadata, Object
from app.kube.services import Service, ServicePort
from app.workloads.ingress.controllers import controllers
from app.workloads.ingress.objects import Ingress, IngressClass
from app.workloads.ingress.router import Asked, Route, Router, Settings
from app.workloads.ingress.view import View

FACTS = Path(__file__).parents[3] / "conformance" / "data"
HERE = Mark("test", 1, 1)
CLASSES = (
    IngressClass("nginx", "k8s.io/ingress-nginx"),
    IngressClass("other", "example.com/other"),
    IngressClass("traefik", "traefik.io/ingress-controller"),
)


def ingress(spec: Mapping[str, Any], name: str = "web", annotations: Mapping[str, str] = {}, **extra: Any) -> Ingress:
    metadata = Metadata(name, "default", {}, annotations)
    body = {"metadata": {"name": name, **extra}, "spec": spec}
    return Ingress.of(Object("Ingress", "networking.k8s.io/v1", metadata, body, HERE))


def path(where: str, kind: str, service: str, port: int | str = 80) -> dict[str, Any]:
    key = "number" if isinstance(port, int) else "name"
    return {"path": where, "pathType": kind, "backend": {"service": {"name": service, "port": {key: port}}}}


def rule(paths: Sequence[dict[str, Any]], host: str = "") -> dict[str, Any]:
    return {"http": {"paths": list(paths)}} | ({"host": host} if host else {})


def behind(
    name: str, ports: Sequence[ServicePort], *addresses: str, ready: bool = True
) -> tuple[Service, EndpointSlice]:
    metadata = Metadata(name, "default")
    labels = Metadata(f"{name}-abc12", "default", {SERVICE_NAME: name})
    return (
        Service("Service", "v1", metadata, {}, HERE, ports=tuple(ports)),
        EndpointSlice(
            "EndpointSlice", "discovery.k8s.io/v1", labels, {}, HERE,
            endpoints=tuple(Endpoint(IPv4Address(each), ready=ready) for each in addresses),
            ports=tuple(EndpointPort(each.name, "TCP", 80) for each in ports),
        ),
    )  # fmt: skip


def seen(ingresses: Sequence[Ingress], *extra: tuple[Service, EndpointSlice], secrets: Sequence[Object] = ()) -> View:
    """Return a view in which every Service that an Ingress names has one endpoint, unless `extra` says otherwise."""
    found = {each[0].name: each for each in extra}
    ports: dict[str, set[int | str]] = {}
    for each in ingresses:
        refs = [found.backend for one in each.rules for found in one.paths] + [each.default_backend]
        for ref in filter(None, refs):
            ports.setdefault(ref.service, set()).add(ref.port)
    for number, (name, wanted) in enumerate(ports.items(), 10):
        listed = [
            ServicePort(
                port if isinstance(port, str) else f"p{port}", "TCP", port if isinstance(port, int) else 8080, 80
            )
            for port in wanted
        ]
        found.setdefault(name, behind(name, listed, f"10.2.0.{number}"))
    if not found:
        return View.made(ingresses)
    services, slices = zip(*found.values(), strict=True)
    return View.made(ingresses, CLASSES, services, slices, secrets)


def routed(view: View, image: str = "ingress-nginx/controller", *args: str, tag: str = "") -> Router:
    return controllers.get(image)(Settings(tag=tag, args=args)).router(view)


def to(found: Route) -> str:
    return found.upstream.name if found.upstream else str(found.status)


def _facts(name: str) -> Any:
    return json.loads((FACTS / name).read_text("utf-8"))


def _path_rows() -> Iterator[tuple[str, list[dict[str, Any]], str, str, str]]:
    for row in _facts("ingress_paths.json"):
        if row["kind"] == "Host":
            rules = [rule([path("/", "Prefix", "backend-a")], row["host"])]
            want = "default-backend-a-80" if row["matches"] else "404"
            yield f"{row['host']} <- {row['request_host']}", rules, row["request_host"], "/", want
        else:
            paths = [path(each["path"], each["pathType"], f"backend-{'abc'[n]}") for n, each in enumerate(row["paths"])]
            number = row["paths"].index(row["matched"]) if row["matches"] else 0
            want = f"default-backend-{'abc'[number]}-80" if row["matches"] else "404"
            title = ", ".join(f"{each['pathType']} {each['path']}" for each in row["paths"])
            yield f"{title} <- {row['request_path']}", [rule(paths)], "paths.example.com", row["request_path"], want


@pytest.mark.parametrize(("rules", "host", "uri", "want"), [
    pytest.param(*row[1:], id=row[0]) for row in _path_rows()
])  # fmt: skip
def test_the_documentation_s_tables_of_paths_and_hosts(
    rules: list[dict[str, Any]], host: str, uri: str, want: str
) -> None:
    view = seen([ingress({"ingressClassName": "nginx", "rules": rules})])
    assert to(routed(view).route(Asked("http", host, uri))) == want


def _routing_rows() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for case in _facts("ingress_routing.json")["routing"]:
        for request in case["requests"]:
            yield case["ingress"]["spec"], request


@pytest.mark.parametrize(("spec", "request_"), list(_routing_rows()))
def test_the_documentation_s_examples_of_routing(spec: dict[str, Any], request_: dict[str, Any]) -> None:
    view = seen([ingress({"ingressClassName": "nginx", **spec})])
    found = routed(view).route(Asked("http", request_["host"], request_["path"]))
    want = f"default-{request_['service']}-{request_['port']}" if request_["service"] else "404"
    assert to(found) == want
    assert all(entry.because for entry in found.skipped)


def test_a_default_backend_without_rules_takes_everything_and_with_rules_only_its_hosts() -> None:
    backend = {"defaultBackend": {"service": {"name": "fallback", "port": {"number": 80}}}, "ingressClassName": "nginx"}
    assert to(routed(seen([ingress(backend)])).route(Asked("http", "any", "/x"))) == "default-fallback-80"
    router = routed(seen([ingress(backend | {"rules": [rule([path("/a", "Exact", "web")], "a.test")]})]))
    assert to(router.route(Asked("http", "a.test", "/a"))) == "default-web-80"
    assert to(router.route(Asked("http", "a.test", "/b"))) == "default-fallback-80"
    assert to(router.route(Asked("http", "b.test", "/a"))) == "404"


@pytest.mark.parametrize(("named", "annotated", "args", "taken"), [
    ("nginx", None, (), True),
    ("other", None, (), False),
    ("absent", None, (), False),
    (None, "nginx", (), True),
    (None, "traefik", (), False),
    (None, None, (), False),
    (None, None, ("--watch-ingress-without-class=true",), True),
])  # fmt: skip
def test_ingress_nginx_takes_its_class_and_no_other(
    named: str | None, annotated: str | None, args: tuple[str, ...], taken: bool
) -> None:
    annotations = {"kubernetes.io/ingress.class": annotated} if annotated else {}
    spec = {"rules": [rule([path("/", "Prefix", "web")])]} | ({"ingressClassName": named} if named else {})
    found = routed(seen([ingress(spec, annotations=annotations)]), "ingress-nginx/controller", *args)
    assert to(found.route(Asked("http", "x.test", "/"))) == ("default-web-80" if taken else "404")


def test_a_service_that_is_not_there_differs_from_a_service_without_endpoints_and_from_no_rule() -> None:
    spec = {"ingressClassName": "nginx", "rules": [rule([
        path("/none", "Prefix", "absent"), path("/empty", "Prefix", "empty"), path("/port", "Prefix", "web", 81),
    ], "a.test")]}  # fmt: skip
    port = ServicePort("", "TCP", 80, 80)
    view = seen([ingress(spec)], behind("empty", [port]), behind("web", [port], "10.2.0.9"))
    view = View(view.ingresses, view.classes, {k: v for k, v in view.services.items() if k[1] != "absent"}, view.slices)
    router = routed(view)
    causes = [router.route(Asked("http", "a.test", each)).upstream for each in ("/none", "/empty", "/port")]
    assert [(each.backend.missing, each.refused) for each in causes if each] == [
        ("service", 503), ("endpoints", 503), ("port", 503),
    ]  # fmt: skip
    assert router.route(Asked("http", "a.test", "/")).status == 404


def test_endpoints_that_are_not_ready_are_left_out_and_pods_are_dialled_not_the_cluster_ip() -> None:
    spec = {"ingressClassName": "nginx", "rules": [rule([path("/", "Prefix", "web")])]}
    port = ServicePort("http", "TCP", 80, 80)
    ready, waiting = behind("web", [port], "10.2.0.9", "10.2.1.9"), behind("web", [port], "10.2.2.9", ready=False)
    view = View.made([ingress(spec)], CLASSES, [ready[0]], [ready[1], waiting[1]])
    upstream = routed(view).route(Asked("http", "x", "/")).upstream
    assert upstream
    assert [str(each) for each in upstream.backend.servers] == ["10.2.0.9:80", "10.2.1.9:80"]


def test_the_entry_and_every_skipped_line_stand_in_the_file_that_the_tool_prints() -> None:
    spec = {"ingressClassName": "nginx", "rules": [
        rule([path("/", "Prefix", "a"), path("/foo", "Prefix", "b"), path("/foo", "Exact", "c")], "a.test"),
        rule([path("/", "Prefix", "d")], "*.b.test"),
    ]}  # fmt: skip
    found = routed(seen([ingress(spec)])).route(Asked("http", "a.test", "/foo/x"))
    text = routed(seen([ingress(spec)])).files()[found.tool.removeprefix("cat ")]
    assert found.entry == "location /foo/ {"
    assert found.entry in text
    assert [(each.entry, each.because) for each in found.skipped] == [
        (r"server_name ~^(?<subdomain>[\w-]+)\.b\.test$;", r"Host a.test !~ ~^(?<subdomain>[\w-]+)\.b\.test$"),
        ("server_name _;", "default_server; Host a.test = a.test"),
        ("location = /foo {", "/foo/x != /foo"),
        ("location / {", "length 1 < 5"),
    ]
    assert all(each.entry in text for each in found.skipped)


@pytest.mark.parametrize(("annotations", "status", "location"), [
    ({}, 308, "https://a.test/x"),
    ({"nginx.ingress.kubernetes.io/ssl-redirect": "false"}, 0, ""),
])  # fmt: skip
def test_plain_http_is_redirected_where_the_host_has_a_certificate(
    annotations: dict[str, str], status: int, location: str
) -> None:
    tls = [{"hosts": ["a.test"], "secretName": "cert"}]
    rules = [rule([path("/", "Prefix", "a")], "a.test")]
    secret = Object("Secret", "v1", Metadata("cert", "default"), {}, HERE)
    given = ingress({"ingressClassName": "nginx", "tls": tls, "rules": rules}, annotations=annotations)
    router = routed(seen([given], secrets=[secret]))
    found = router.route(Asked("http", "a.test:80", "/x/"))
    assert (found.status, found.location) == (status, location)
    assert to(router.route(Asked("https", "a.test", "/x/"))) == "default-a-80"
    assert router.certificate("a.test") == ("default", "cert")
    assert router.certificate("b.test") is None


def test_nginx_ingress_knows_no_path_type_before_2_and_answers_502_without_endpoints() -> None:
    given = [ingress({"rules": [rule([path("/foo", "Exact", "a"), path("/foo/", "Prefix", "b")], "a.test")]})]
    port = ServicePort("", "TCP", 80, 80)
    view = seen(given, behind("a", [port]))
    controller = controllers.get("nginx/nginx-ingress")
    router = controller(Settings(tag="1.7.2", kubernetes=(1, 19))).router(view)
    found = router.route(Asked("http", "a.test", "/foobar"))
    assert to(found) == "default-web-a.test-a-80"
    assert found.upstream
    assert (found.upstream.refused, found.upstream.method) == (502, "random")
    assert found.tool == "cat /etc/nginx/conf.d/default-web.conf"
    assert "server 127.0.0.1:8181 max_fails=1 fail_timeout=10s max_conns=0;" in router.files()[found.tool[4:]]
    late = controller(Settings(tag="1.7.2", kubernetes=(1, 34))).router(view)
    assert late.route(Asked("http", "a.test", "/foo")).status == 404


def test_nginx_ingress_redirects_to_the_slash_as_nginx_does() -> None:
    view = seen([ingress({"rules": [rule([path("/foo/", "Prefix", "a")], "a.test")]})])
    router = controllers.get("nginx/nginx-ingress")(Settings(tag="1.7.2", kubernetes=(1, 19))).router(view)
    found = router.route(Asked("http", "a.test", "/foo?x=1"))
    assert (found.status, found.location) == (301, "http://a.test/foo/?x=1")


def test_nginx_ingress_from_2_on_gives_a_host_to_the_oldest_ingress_and_says_so() -> None:
    rules = {"ingressClassName": "nginx", "rules": [rule([path("/", "Prefix", "a")], "a.test")]}
    given = [ingress(rules, "b", creationTimestamp="2026-01-01T00:00:00Z"),
             ingress(rules, "a", creationTimestamp="2026-01-01T00:00:01Z")]  # fmt: skip
    view, controller = seen(given), controllers.get("nginx/nginx-ingress")(Settings(tag="3.7.2"))
    assert [controller.notice(each, view) for each in given] == [
        ("Normal", "AddedOrUpdated", "Configuration for default/b was added or updated"),
        ("Warning", "Rejected", "All hosts are taken by other resources"),
    ]
    assert to(controller.router(view).route(Asked("http", "a.test", "/"))) == "default-b-a.test-a-80"


@pytest.mark.parametrize(("args", "uri", "want"), [
    ((), "/foobar", "default-a-80"),
    (("--providers.kubernetesingress.strictprefixmatching=true",), "/foobar", "404"),
    (("--providers.kubernetesingress.strictprefixmatching=true",), "/foo/bar", "default-a-80"),
    ((), "/foo/longer", "default-b-80"),
    ((), "/exact", "default-c-80"),
    ((), "/exact/x", "404"),
])  # fmt: skip
def test_traefik_compares_characters_unless_it_is_told_to_be_strict(args: tuple[str, ...], uri: str, want: str) -> None:
    paths = [path("/foo", "Prefix", "a"), path("/foo/longer", "Prefix", "b"), path("/exact", "Exact", "c")]
    view = seen([ingress({"ingressClassName": "traefik", "rules": [rule(paths, "a.test")]})])
    router = routed(view, "traefik", *args)
    found = router.route(Asked("http", "A.test", uri))
    assert to(found) == want
    assert found.entry in router.files()["/api/rawdata"]


def test_traefik_makes_no_router_for_an_empty_service_unless_it_is_told_to() -> None:
    view = seen([ingress({"ingressClassName": "traefik", "rules": [rule([path("/", "Prefix", "a")])]})],
                behind("a", [ServicePort("", "TCP", 80, 80)]))  # fmt: skip
    asked = Asked("http", "a.test", "/")
    assert routed(view, "traefik").route(asked).status == 404
    found = routed(view, "traefik", "--providers.kubernetesIngress.allowEmptyServices=true").route(asked)
    assert found.upstream
    assert found.upstream.refused == 503


def test_old_ingresses_name_their_backend_in_the_old_form() -> None:
    old = {"backend": {"serviceName": "a", "servicePort": 80}, "rules": [
        {"host": "a.test", "http": {"paths": [{"path": "/x", "backend": {"serviceName": "b", "servicePort": "http"}}]}},
    ]}  # fmt: skip
    found = ingress(old)
    assert found.default_backend
    assert found.default_backend.name == "default-a-80"
    assert found.rules[0].paths[0].backend
    assert found.rules[0].paths[0].backend.name == "default-b-http"
