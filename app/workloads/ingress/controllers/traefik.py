"""Traefik v3 with its Kubernetes Ingress provider: a router for each path, tried by the length of its rule.

Prefix is a prefix of characters here unless the controller is started with strictPrefixMatching: `/foo` takes /foobar.
Source: traefik/traefik v3 pkg/provider/kubernetes/ingress/kubernetes.go (loadConfigurationFromIngresses, loadRouter,
loadService, shouldProcessIngress), pkg/muxer/http/mux.go (GetRulePriority: the rule's length), pkg/tls.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.dataplane.skipped import Rows, Skipped
from app.workloads.ingress.controllers import controllers
from app.workloads.ingress.objects import CLASS_ANNOTATION, BackendRef, Ingress
from app.workloads.ingress.router import SECOND_US, Asked, Notice, Route, Settings, Upstream
from app.workloads.ingress.view import View
from app.workloads.nginx.matching import host_name, normal_path

__all__ = ["Traefik", "TraefikRouter"]

API = "wget -q -O - http://127.0.0.1:8080/api/rawdata"
FILE = "/api/rawdata"
LOWEST = -(2**31)
"""Priority of the router of a default backend (math.MinInt32)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A router: when it matches, and the service that it sends to. `path_kind`: Path, PathPrefix, Strict or ""."""

    name: str
    text: str
    priority: int
    host: str
    path: str
    path_kind: str
    upstream: Upstream
    ingress: str

    @property
    def line(self) -> str:
        """The line of the API's answer that holds the rule."""
        return f'"rule": {json.dumps(self.text)},'

    def because(self, host: str, path: str) -> str:
        """Return the term that fails; "" where the router matches."""
        if self.host.startswith("*."):
            if not re.fullmatch(r"[a-zA-Z0-9-]+" + re.escape(self.host[1:].lower()), host):
                return f"Host {host or '-'} != {self.host}"
        elif self.host and host != self.host.lower():
            return f"Host {host or '-'} != {self.host}"
        if self.path_kind == "Path" and path != self.path:
            return f"Path {path} != {self.path}"
        if self.path_kind == "PathPrefix" and not path.startswith(self.path):
            return f"PathPrefix {path} !~ ^{self.path}"
        if self.path_kind == "Strict" and path != self.path and not path.startswith(self.path.rstrip("/") + "/"):
            return f"PathPrefix {path} !~ ^{self.path}(/|$)"
        return ""


@dataclass(frozen=True, slots=True)
class TraefikRouter:
    """Routers in the order in which they are tried: the higher priority first, then by rule."""

    rules: tuple[Rule, ...]
    secrets: Mapping[str, tuple[str, str]]
    text: str

    def files(self) -> Mapping[str, str]:
        """Return what the API answers; Traefik has no configuration files for this."""
        return {FILE: self.text}

    def certificate(self, server_name: str) -> tuple[str, str] | None:
        """Return the Secret for an SNI name: the exact host, then a wildcard."""
        name = host_name(server_name)
        return self.secrets.get(name) or self.secrets.get("*." + name.partition(".")[2])

    def route(self, asked: Asked) -> Route:
        """Return where a request goes: the first router that matches."""
        host, path = host_name(asked.host), normal_path(asked.uri)
        chosen = next((each for each in self.rules if not each.because(host, path)), None)
        skipped = Rows(lambda: list(_passed_over(self.rules, chosen, host, path)))
        if chosen is None:
            return Route("", API, skipped, status=404)
        return Route(chosen.line, API, skipped, chosen.ingress, chosen.host, chosen.path, chosen.upstream)


def _passed_over(rules: Sequence[Rule], chosen: Rule | None, host: str, path: str) -> Iterator[Skipped]:
    for each in rules:
        if each is not chosen:
            because = each.because(host, path)
            lower = f"priority {each.priority} <= {chosen.priority}" if chosen else ""
            yield Skipped(each.line, because or lower)


@controllers.register("traefik")
class Traefik:
    """Which Ingresses are taken, and the routers that are made of them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        provider = "providers.kubernetesingress."
        self.class_name = settings.flag(f"{provider}ingressclass")
        self.allows_empty = settings.flag(f"{provider}allowemptyservices") == "true"
        self.is_strict = settings.flag(f"{provider}strictprefixmatching") == "true"

    def takes(self, ingress: Ingress, view: View) -> bool:
        """Say whether the class is of this controller."""
        if ingress.class_name is not None:
            return any(
                each.name == ingress.class_name
                and each.controller == "traefik.io/ingress-controller"
                and self.class_name in ("", each.name)
                for each in view.classes
            )
        annotated = ingress.annotations.get(CLASS_ANNOTATION, "")
        return annotated == self.class_name or (not self.class_name and annotated == "traefik")

    def notice(self, ingress: Ingress, view: View) -> Notice | None:  # noqa: ARG002
        """Return None: Traefik records no events."""
        return None

    def router(self, view: View) -> TraefikRouter:
        """Return the routers for what is seen."""
        rules: list[Rule] = []
        secrets: dict[str, tuple[str, str]] = {}
        for ingress in view.ingresses:
            if not self.takes(ingress, view):
                continue
            for entry in ingress.tls:
                if (ingress.namespace, entry.secret) in view.secrets:
                    hosts = entry.hosts or tuple(rule.host for rule in ingress.rules)
                    secrets |= {host.lower(): (ingress.namespace, entry.secret) for host in hosts}
            rules += self._rules(ingress, view, has_default=any(each.priority == LOWEST for each in rules))
        ordered = tuple(sorted(rules, key=lambda each: (-each.priority, each.text, each.name)))
        return TraefikRouter(ordered, secrets, _rawdata(ordered))

    def _rules(self, ingress: Ingress, view: View, *, has_default: bool) -> Iterator[Rule]:
        default = ingress.default_backend
        if default and not ingress.rules and not has_default:
            upstream = self._upstream(default, view)
            if upstream:
                yield Rule("default-router", 'PathPrefix("/")', LOWEST, "", "/", "PathPrefix", upstream, ingress.key)
        for rule in ingress.rules:
            for path in rule.paths:
                upstream = self._upstream(path.backend, view) if path.backend else None
                if upstream is None:
                    continue
                kind = "Path" if path.path_type == "Exact" else "PathPrefix"
                if kind == "PathPrefix" and self.is_strict and path.path != "/":
                    kind = "Strict"
                terms = [f'Host("{rule.host}")'] if rule.host else []
                terms += [_matcher(kind, path.path)] if path.path else []
                text = " && ".join(terms)
                name = re.sub("[^a-z0-9]+", "-", f"{ingress.namespace}-{ingress.name}-{rule.host}{path.path}".lower())
                yield Rule(
                    name.strip("-"), text, len(text), rule.host, path.path, kind if path.path else "", upstream,
                    ingress.key,
                )  # fmt: skip

    def _upstream(self, ref: BackendRef, view: View) -> Upstream | None:
        """Return the servers; None where Traefik makes no router: no Service, no such port, or nothing behind it."""
        backend = view.backend(ref)
        if backend.missing in ("service", "port") or (backend.missing and not self.allows_empty):
            return None
        return Upstream(ref.name, backend, "round_robin", 30 * SECOND_US, 0, 1, 0, 503)


def _matcher(kind: str, path: str) -> str:
    if kind == "Strict":
        bare = path.removesuffix("/")
        return f'(Path("{bare}") || PathPrefix("{bare}/"))'
    return f'{kind}("{path}")'


def _rawdata(rules: Sequence[Rule]) -> str:
    """Return what Traefik's API tells of its routers and services (pkg/api/handler.go, getRuntimeConfiguration)."""
    routers = {
        f"{each.name}@kubernetes": {
            "entryPoints": ["web", "websecure"], "service": each.upstream.name, "rule": each.text,
            "priority": each.priority, "status": "enabled", "using": ["web", "websecure"],
        }
        for each in rules
    }  # fmt: skip
    services = {
        f"{each.upstream.name}@kubernetes": {
            "loadBalancer": {
                "servers": [{"url": f"http://{server}"} for server in each.upstream.backend.servers],
                "strategy": "wrr", "passHostHeader": True,
            },
            "status": "enabled",
        }
        for each in rules
    }  # fmt: skip
    return json.dumps({"routers": routers, "services": services}, indent=2) + "\n"
