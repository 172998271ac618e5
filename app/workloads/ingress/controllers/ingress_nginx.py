"""ingress-nginx, the Kubernetes community's controller, as of v1.12: one nginx.conf for all Ingresses.

Endpoints are not in nginx.conf: Lua takes a server for each connection (upstream_balancer). Source:
kubernetes/ingress-nginx internal/ingress/controller/controller.go (getBackendServers, createServers), location.go,
template/template.go (buildServerName, buildLocation), rootfs/etc/nginx/lua (balancer.lua, lua_ingress.lua).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.workloads.ingress.controllers import controllers
from app.workloads.ingress.ingress_nginx_conf import nginx_conf
from app.workloads.ingress.nginx import Location, NginxRouter, VirtualServer
from app.workloads.ingress.objects import CLASS_ANNOTATION, BackendRef, Ingress
from app.workloads.ingress.router import SECOND_US, Notice, Settings, Upstream
from app.workloads.ingress.view import Backend, View

__all__ = ["IngressNginx"]

FILE = "/etc/nginx/nginx.conf"
PREFIX = "nginx.ingress.kubernetes.io/"
CATCH_ALL = "_"
DEFAULT_UPSTREAM = "upstream-default-backend"
HSTS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
"""Added to every answer over TLS (lua_ingress.lua, header())."""


@dataclass(slots=True)
class _Place:
    """A location while servers are built; `is_default` until a rule takes it."""

    path: str
    type: str
    upstream: str
    ingress: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    backend: BackendRef | None = None
    is_default: bool = False


@dataclass(slots=True)
class _Host:
    places: list[_Place]
    secret: tuple[str, str] | None = None
    has_tls: bool = False


@controllers.register("ingress-nginx/controller")
class IngressNginx:
    """Which Ingresses are taken, and the one nginx.conf that is made of them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.controller = settings.flag("controller-class", "k8s.io/ingress-nginx")
        self.class_name = settings.flag("ingress-class", "nginx")
        self.takes_classless = settings.flag("watch-ingress-without-class") == "true"
        self.default_service = settings.flag("default-backend-service")

    def takes(self, ingress: Ingress, view: View) -> bool:
        """Say whether the class is of this controller. Source: store.go, GetIngressClass()."""
        if ingress.class_name is not None:
            return any(each.name == ingress.class_name and each.controller == self.controller for each in view.classes)
        if CLASS_ANNOTATION in ingress.annotations:
            return ingress.annotations[CLASS_ANNOTATION] == self.class_name
        return self.takes_classless

    def notice(self, ingress: Ingress, view: View) -> Notice | None:  # noqa: ARG002
        """Return the event of each change. Source: store.go, ingEventHandler."""
        return Notice("Normal", "Sync", "Scheduled for sync")

    def router(self, view: View) -> NginxRouter:
        """Return the blocks for what is seen."""
        taken = [each for each in view.ingresses if self.takes(each, view)]
        upstreams = self._upstreams(taken, view)
        hosts = self._hosts(taken, view)
        _add_paths(taken, hosts)
        servers = tuple(self._server(name, hosts[name], upstreams) for name in sorted(hosts))
        return NginxRouter(servers, {FILE: nginx_conf(servers)}, HSTS)

    def _upstreams(self, taken: list[Ingress], view: View) -> dict[str, Upstream]:
        found: dict[str, Upstream] = {}
        namespace, _, name = self.default_service.partition("/")
        service = view.services.get((namespace, name))
        if service is not None and service.ports:
            backend = view.backend(BackendRef(namespace, name, service.ports[0].port))
            if backend.servers:
                found[DEFAULT_UPSTREAM] = _upstream(DEFAULT_UPSTREAM, backend, {})
        for ingress in taken:
            refs = [path.backend for rule in ingress.rules for path in rule.paths if path.backend]
            for ref in ([ingress.default_backend] if ingress.default_backend else []) + refs:
                if ref.name not in found:
                    found[ref.name] = _upstream(ref.name, view.backend(ref, by_target=True), ingress.annotations)
        return found

    def _hosts(self, taken: list[Ingress], view: View) -> dict[str, _Host]:
        """Return every host with its root location: the Ingress's default backend, or the controller's."""
        root = _Place("/", "Prefix", DEFAULT_UPSTREAM, is_default=True)
        hosts = {CATCH_ALL: _Host([root], has_tls=True)}
        for ingress in taken:
            default = ingress.default_backend
            if default and not ingress.rules and root.is_default:
                root.upstream, root.ingress, root.backend, root.is_default = default.name, ingress.key, default, False
            for rule in ingress.rules:
                upstream = default.name if default else DEFAULT_UPSTREAM
                place = _Place("/", "Prefix", upstream, ingress.key, ingress.annotations, default, is_default=True)
                hosts.setdefault(rule.host or CATCH_ALL, _Host([place]))
        for ingress in taken:
            for rule in ingress.rules:
                host = hosts[rule.host or CATCH_ALL]
                if ingress.tls and not host.has_tls:
                    host.has_tls, host.secret = True, _secret(ingress, rule.host, view)
        return hosts

    def _server(self, name: str, host: _Host, upstreams: dict[str, Upstream]) -> VirtualServer:
        places = sorted(_with_exact(host.places), key=lambda each: each.path, reverse=True)
        places.sort(key=lambda each: -len(each.path))
        uses_regex = any(each.annotations.get(f"{PREFIX}use-regex") == "true" for each in places)
        is_secured = host.has_tls and name != CATCH_ALL
        locations = tuple(_location(each, upstreams, uses_regex=uses_regex, is_secured=is_secured) for each in places)
        return VirtualServer(
            _server_name(name), locations, FILE, name == CATCH_ALL, is_tls=True, secret=host.secret,
            ingress=next((each.ingress for each in places if each.ingress), ""), host=name,
        )  # fmt: skip


def _location(place: _Place, upstreams: dict[str, Upstream], *, uses_regex: bool, is_secured: bool) -> Location:
    """Return a block. Plain HTTP goes to HTTPS where the host has a certificate (lua_ingress.lua)."""
    modifier = "~*" if uses_regex else "=" if place.type == "Exact" else ""
    asks = is_secured and place.annotations.get(f"{PREFIX}ssl-redirect", "true") != "false"
    is_forced = place.annotations.get(f"{PREFIX}force-ssl-redirect") == "true"
    upstream = upstreams.get(place.upstream)
    status = 0 if upstream else 404
    return Location(
        place.path, modifier, upstream, status, place.ingress, 308 if asks or is_forced else 0, place.backend
    )


def _upstream(name: str, backend: Backend, given: Mapping[str, str]) -> Upstream:
    """Return the servers of a Service's port. Source: config.go: proxy_connect_timeout 5, tries 3."""
    return Upstream(
        name, backend, "round_robin",
        _seconds(given.get(f"{PREFIX}proxy-connect-timeout"), 5),
        _seconds(given.get(f"{PREFIX}proxy-read-timeout"), 60),
        _number(given.get(f"{PREFIX}proxy-next-upstream-tries"), 3), 0, 503,
    )  # fmt: skip


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() and len(text) < 6 else default


def _seconds(text: str | None, default: int) -> int:
    return _number(text, default) * SECOND_US


def _add_paths(taken: list[Ingress], hosts: dict[str, _Host]) -> None:
    for ingress in taken:
        for rule in ingress.rules:
            for path in rule.paths:
                if path.backend is not None:
                    places = hosts[rule.host or CATCH_ALL].places
                    _add(places, path.path or "/", path.path_type, path.backend, ingress)


def _add(places: list[_Place], path: str, path_type: str, backend: BackendRef, ingress: Ingress) -> None:
    """Put a path in: over the default root, not over what an older Ingress has taken."""
    for place in places:
        if place.path == path and place.type == path_type:
            if place.is_default:
                place.upstream, place.ingress, place.is_default = backend.name, ingress.key, False
                place.annotations, place.backend = ingress.annotations, backend
            return
        if place.path == path:
            break
    places.append(_Place(path, path_type, backend.name, ingress.key, ingress.annotations, backend))


def _with_exact(places: list[_Place]) -> Iterator[_Place]:
    """Give each Prefix its two blocks, `/foo/` and `= /foo`. Source: location.go, updateServerLocations().

    The real one makes `= /foo/` of a path that is written with its last slash, and so answers /foo with a redirect to
    /foo/; here /foo is served, as the API's documentation has it.
    """
    exact = {place.path for place in places if place.type == "Exact"}
    for place in places:
        is_plain = place.type != "Prefix" or place.annotations.get(f"{PREFIX}use-regex") == "true"
        if place.path == "/" or is_plain:
            yield place
            continue
        bare = place.path.rstrip("/")
        yield _Place(bare + "/", "Prefix", place.upstream, place.ingress, place.annotations, place.backend)
        if bare not in exact:
            yield _Place(bare, "Exact", place.upstream, place.ingress, place.annotations, place.backend)


def _server_name(host: str) -> str:
    """Return the name in nginx.conf: a wildcard becomes a regular expression of exactly one label."""
    if not host.startswith("*"):
        return host
    return r"~^(?<subdomain>[\w-]+)\." + host.removeprefix("*.").replace(".", r"\.") + "$"


def _secret(ingress: Ingress, host: str, view: View) -> tuple[str, str] | None:
    """Return the Secret for a host; None: the default certificate. Source: controller.go, extractTLSSecretName()."""
    for entry in ingress.tls:
        if host in entry.hosts or (not entry.hosts and entry.secret):
            key = (ingress.namespace, entry.secret)
            return key if key in view.secrets else None
    return None
