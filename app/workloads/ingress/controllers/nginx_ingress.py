"""nginx-ingress, NGINX Inc.'s controller: one file in /etc/nginx/conf.d for each Ingress.

It comes in two ages. 1.x (the source document's 1.7.2) reads extensions/v1beta1: it knows neither pathType nor
ingressClassName, so every path is a prefix of characters, and a cluster from 1.22 on has nothing for it to read. From
2.0 on an IngressClass is needed, Exact is `location =`, and a host belongs to the oldest Ingress that names it. In both
a Service without endpoints is answered with 502, not 503.

Source: nginxinc/kubernetes-ingress v1.7.2 and v3.7.2, internal/configs/ingress.go (generateNginxCfg,
generateIngressPath), version1/config.go (NewUpstreamWithDefaultServer), internal/k8s/controller.go (syncIng,
IsNginxIngress), configuration.go (host collisions).
"""

from __future__ import annotations

from collections.abc import Mapping

from app.workloads.ingress.controllers import controllers
from app.workloads.ingress.nginx import Location, NginxRouter, VirtualServer
from app.workloads.ingress.nginx_ingress_conf import NGINX_CONF, ingress_conf
from app.workloads.ingress.objects import CLASS_ANNOTATION, BackendRef, Ingress, Rule
from app.workloads.ingress.router import SECOND_US, Method, Notice, Settings, Upstream
from app.workloads.ingress.view import View

__all__ = ["NginxIngress"]

MAIN = "/etc/nginx/nginx.conf"
NO_V1BETA1 = (1, 22)
"""The first Kubernetes version without extensions/v1beta1 and networking.k8s.io/v1beta1 Ingresses."""


@controllers.register("nginx/nginx-ingress")
class NginxIngress:
    """Which Ingresses are taken, and the files that are made of them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.is_old = settings.tag.removeprefix("v").startswith(("0.", "1."))
        self.class_name = settings.flag("ingress-class", "nginx")
        self.only_its_class = settings.flag("use-ingress-class-only") == "true"
        self.default_secret = settings.flag("default-server-tls-secret")

    @property
    def sees_ingresses(self) -> bool:
        """Whether the API still serves the version that this controller reads."""
        return not self.is_old or self.settings.kubernetes < NO_V1BETA1

    def takes(self, ingress: Ingress, view: View) -> bool:
        """Say whether the class is of this controller."""
        annotated = ingress.annotations.get(CLASS_ANNOTATION)
        if self.is_old:
            if not self.sees_ingresses:
                return False
            if annotated is None:
                return not self.only_its_class
            return annotated == self.class_name or (annotated == "" and not self.only_its_class)
        exists = any(each.name == self.class_name for each in view.classes)
        named = annotated if annotated is not None else ingress.class_name
        return exists and named == self.class_name

    def notice(self, ingress: Ingress, view: View) -> Notice | None:
        """Return the event of taking an Ingress in, or of refusing it."""
        why = self._refusal(ingress, view)
        if why:
            return Notice("Warning", "Rejected", why)
        return Notice("Normal", "AddedOrUpdated", f"Configuration for {ingress.key} was added or updated")

    def _refusal(self, ingress: Ingress, view: View) -> str:
        if self.is_old:
            http = [rule for rule in ingress.rules if rule.has_http]
            if any(not rule.host for rule in http):
                return f"{ingress.key} was rejected: Ingress rule contains empty host"
            return "" if http else f"{ingress.key} was rejected: Ingress contains no valid rules"
        if not ingress.rules:
            return f"{ingress.key} was rejected: spec.rules: Required value"
        empty = next((index for index, rule in enumerate(ingress.rules) if not rule.host), None)
        if empty is not None:
            return f"spec.rules[{empty}].host: Required value"
        owners = self._owners(view)
        if all(owners.get(rule.host, ingress.key) != ingress.key for rule in ingress.rules):
            return "All hosts are taken by other resources"
        return ""

    def _owners(self, view: View) -> Mapping[str, str]:
        """Return which Ingress has which host: the oldest."""
        owners: dict[str, str] = {}
        for ingress in view.ingresses:
            if self.takes(ingress, view) and all(rule.host for rule in ingress.rules):
                for rule in ingress.rules:
                    owners.setdefault(rule.host, ingress.key)
        return owners

    def router(self, view: View) -> NginxRouter:
        """Return the blocks: nginx.conf's default server, then the Ingresses' in the order of their file names."""
        namespace, _, name = self.default_secret.partition("/")
        default = VirtualServer(
            "_", (Location("/", "", None, 404),), MAIN, is_default=True, is_tls=True,
            secret=(namespace, name) if (namespace, name) in view.secrets else None,
        )  # fmt: skip
        texts, servers = {MAIN: NGINX_CONF}, [default]
        owners = {} if self.is_old else self._owners(view)
        taken = [each for each in view.ingresses if self.takes(each, view) and not self._refusal(each, view)]
        for ingress in sorted(taken, key=_file):
            upstreams = self._upstreams(ingress, view)
            blocks = [
                self._server(ingress, rule, upstreams, view)
                for rule in ingress.rules
                if rule.has_http and owners.get(rule.host, ingress.key) == ingress.key
            ]
            texts[_file(ingress)] = ingress_conf(ingress, blocks, [upstreams[key] for key in sorted(upstreams)])
            servers += blocks
        return NginxRouter(tuple(servers), texts)

    def _upstreams(self, ingress: Ingress, view: View) -> Mapping[str, Upstream]:
        found: dict[str, Upstream] = {}
        if ingress.default_backend:
            found |= self._upstream(ingress, "", ingress.default_backend, view)
        for rule in ingress.rules:
            for path in rule.paths:
                if path.backend:
                    found |= self._upstream(ingress, rule.host, path.backend, view)
        return found

    def _upstream(self, ingress: Ingress, host: str, ref: BackendRef, view: View) -> Mapping[str, Upstream]:
        name = _upstream_name(ingress, host, ref)
        given = ingress.annotations
        method: Method = "round_robin" if "round_robin" in given.get("nginx.org/lb-method", "random") else "random"
        return {name: Upstream(
            name, view.backend(ref), method,
            _seconds(given.get("nginx.org/proxy-connect-timeout")), _seconds(given.get("nginx.org/proxy-read-timeout")),
            0, 10 * SECOND_US, 502,
        )}  # fmt: skip

    def _server(self, ingress: Ingress, rule: Rule, upstreams: Mapping[str, Upstream], view: View) -> VirtualServer:
        entry = next((each for each in ingress.tls if rule.host in each.hosts), None)
        key = (ingress.namespace, entry.secret) if entry else None
        asks = ingress.annotations.get("ingress.kubernetes.io/ssl-redirect", ingress.annotations.get(
            "nginx.org/redirect-to-https", "true")) != "false"  # fmt: skip
        redirects = 301 if entry and asks else 0
        locations = [
            self._location(ingress, rule, path.path or "/", path.path_type, path.backend, upstreams, redirects)
            for path in rule.paths
            if path.backend
        ]
        if ingress.default_backend and not any(each.path == "/" for each in locations):
            place = Rule("", ())
            locations.append(
                self._location(ingress, place, "/", "Prefix", ingress.default_backend, upstreams, redirects)
            )
        return VirtualServer(
            rule.host, tuple(locations), _file(ingress), is_tls=entry is not None,
            secret=key if key in view.secrets else None, ingress=ingress.key, host=rule.host,
        )  # fmt: skip

    def _location(
        self, ingress: Ingress, rule: Rule, path: str, path_type: str, ref: BackendRef,
        upstreams: Mapping[str, Upstream], redirects: int,
    ) -> Location:  # fmt: skip
        modifier = "=" if path_type == "Exact" and not self.is_old else ""
        upstream = upstreams[_upstream_name(ingress, rule.host, ref)]
        return Location(path, modifier, upstream, 0, ingress.key, redirects, ref)


def _upstream_name(ingress: Ingress, host: str, ref: BackendRef) -> str:
    return f"{ingress.namespace}-{ingress.name}-{host}-{ref.service}-{ref.port}"


def _file(ingress: Ingress) -> str:
    return f"/etc/nginx/conf.d/{ingress.namespace}-{ingress.name}.conf"


def _seconds(text: str | None) -> int:
    """Return a time of nginx's (60s, 5) in microseconds; 60 s where it is not given or not read."""
    number = (text or "").removesuffix("s")
    return (int(number) if number.isdigit() and len(number) < 6 else 60) * SECOND_US
