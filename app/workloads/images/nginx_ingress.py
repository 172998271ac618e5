"""nginx/nginx-ingress: NGINX Inc.'s controller, the one of the source document."""

from __future__ import annotations

from app.workloads.http.dates import error_log_time, now_of
from app.workloads.http.message import Headers
from app.workloads.http.server import Exchange
from app.workloads.images import images
from app.workloads.ingress.controllers.nginx_ingress import NginxIngress
from app.workloads.ingress.done import Attempt, Done
from app.workloads.ingress.nginx_program import NginxImage
from app.workloads.ingress.router import Published, Upstream
from app.workloads.nginx.matching import host_name
from app.workloads.tls.certificates import Certificate, self_signed

__all__ = ["NginxIngressImage"]

NO_ENDPOINTS = "127.0.0.1:8181"
"""What stands in for the endpoints of a Service that has none: nobody listens there (version1/config.go)."""


@images.register("nginx/nginx-ingress")
class NginxIngressImage(NginxImage):
    """Its nginx is reloaded for every change. Access and error log are the container's output."""

    name = "nginx/nginx-ingress"
    delay_us = 300_000

    @property
    def software(self) -> str:
        """nginx with its version: server_tokens is on."""
        return "nginx/1.19.0" if self.settings.tag.startswith("1.") else "nginx/1.27.2"

    @property
    def server(self) -> str:
        """The field Server."""
        return self.software

    def published(self) -> Published:
        """Return the Service of -external-service; without -report-ingress-status nothing is written."""
        if self.settings.flag("report-ingress-status") != "true" or not self.settings.flag("external-service"):
            return Published()
        return Published(service=f"{self.settings.namespace}/{self.settings.flag('external-service')}")

    def default_certificate(self) -> Certificate:
        """Return what stands in for the Secret of -default-server-tls-secret where that has none."""
        return self_signed("NGINXIngressController", ("NGINXIngressController",))

    def upstream_headers(self, exchange: Exchange) -> Headers:
        """Return what nginx.ingress.tmpl sets. Source: v1.7.2, proxy_set_header."""
        request, client = exchange.request, str(exchange.client)
        came = request.header("x-forwarded-for")
        host = host_name(request.header("host"))
        return (
            ("Host", host),
            ("X-Real-IP", client),
            ("X-Forwarded-For", f"{came}, {client}" if came else client),
            ("X-Forwarded-Host", host),
            ("X-Forwarded-Port", str(exchange.local[1])),
            ("X-Forwarded-Proto", "https" if exchange.is_tls else "http"),
            ("Connection", "close"),
        )

    def log_tail(self, done: Done) -> str:
        """Return "$http_x_forwarded_for"."""
        return f'"{done.exchange.request.header("x-forwarded-for") or "-"}"'

    def no_servers(self, upstream: Upstream) -> tuple[Attempt, ...]:  # noqa: ARG002  (the same for each)
        """Return the attempt at the address that stands for no endpoint."""
        return (Attempt(NO_ENDPOINTS, 502, 0, 0),)

    def greet(self) -> None:
        """Say what the log begins with; and that there is nothing to read, where the API serves no v1beta1."""
        controller = self.controller
        assert isinstance(controller, NginxIngress)
        self.container.say(f"Starting NGINX Ingress controller Version={self.settings.tag or 'latest'}", "stderr")
        if not controller.sees_ingresses:
            what = "Failed to list *v1beta1.Ingress: the server could not find the requested resource"
            self.container.say(f"E {error_log_time(now_of(self.world))} reflector.go:153] {what}", "stderr")
