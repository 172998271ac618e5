"""An ingress controller at work: it watches objects, keeps a router, and proxies each request to a Pod it dials itself.

What is common to all; each image says how its answers, its headers to the Pods and its logs look.
"""

from __future__ import annotations

import base64
import binascii
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from app.core.clock import Timer
from app.dataplane.hop import Param, Text
from app.dataplane.sockets import Listener
from app.kube.listens import image_tag
from app.kube.objects import Object
from app.kube.store import Event
from app.workloads.http.message import Headers, HttpRequest, HttpResponse, without_header
from app.workloads.http.server import PLAIN_TO_TLS, Exchange, HttpServer
from app.workloads.images import Image
from app.workloads.ingress.balancer import Balancer
from app.workloads.ingress.controllers import controllers
from app.workloads.ingress.done import Attempt, Done
from app.workloads.ingress.proxied import Proxied
from app.workloads.ingress.router import Asked, Controller, Published, Route, Router, Settings, Upstream
from app.workloads.ingress.view import WATCHED, View
from app.workloads.machine import Container, World
from app.workloads.tls.certificates import Certificate

__all__ = ["IngressImage"]

#: Fields that are for one connection only (RFC 9110, section 7.6.1).
HOP_BY_HOP = ("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade")
#: Captions by what is missing behind a rule.
MISSING = {"service": "http-match-no-service", "port": "http-match-no-port", "endpoints": "http-match-no-endpoints"}


class IngressImage(Image):
    """The program of a controller. `name` is that of app.workloads.ingress.controllers."""

    name: ClassVar[str]
    process: ClassVar[str]
    #: From a change of the objects to tables that know of it.
    delay_us: ClassVar[int]
    #: How often statuses are written; 0: at once.
    status_period_us: ClassVar[int] = 0

    def __init__(self, container: Container, world: World) -> None:
        super().__init__(container, world)
        pod = container.machine.pod
        assert pod is not None
        self.settings = Settings(
            image_tag(container.image), tuple(container.command), pod.namespace, pod.name, world.spec.version_numbers
        )
        self.controller: Controller = controllers.get(self.name)(self.settings)
        self.balancer = Balancer(world.network.rng)
        self._view: View | None = None
        self._router: Router | None = None
        self._timer: Timer | None = None
        self._stop_watch = world.store.watch(self._on_event)
        self._requests = 0

    # --- what it knows ------------------------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        """What it has seen of the cluster."""
        if self._view is None:
            self._view = View.of(self.world.store)
        return self._view

    @property
    def router(self) -> Router:
        """The tables it works with now."""
        if self._router is None:
            self._router = self.controller.router(self.view)
        return self._router

    def _on_event(self, event: Event) -> None:
        """Hear of a change. What the cluster file holds is known at time 0; later changes take their time."""
        if event.object.kind not in WATCHED:
            return
        if self.world.clock.now_us == 0:
            self._view = self._router = None
        if self._timer is None:
            own_us = self.world.spec.lag.ingress
            delay_us = (self.delay_us if own_us is None else own_us) if self.world.clock.now_us else 0
            self._timer = self.world.clock.after(delay_us, self._refresh, lasting=True)

    def _refresh(self) -> None:
        self._timer = None
        self._view = self._router = None
        self._write_files()

    def _write_files(self) -> None:
        """Let the container show the files as they are now."""
        generated = self.container.files.generated
        for path in [path for path in generated if path.startswith("/etc/nginx/conf.d/")]:
            del generated[path]
        for path in self.router.files():
            if path.startswith("/etc/"):
                generated[path] = lambda path=path: self.router.files().get(path, "")  # type: ignore[misc]

    # --- its life -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the ports and read the objects. ValueError: a port is taken."""
        for port, is_tls in self.ports():
            server = HttpServer(
                self.process, self.handle, certificates=self.certificate if is_tls else None,
                refuse=lambda error, _connection: self.answer(400 if error.status == PLAIN_TO_TLS else error.status),
                keep_alive_us=75_000_000,
            )  # fmt: skip
            self.container.listen(Listener("tcp", port, self.process, program=server))
        self.serve_more()
        self._write_files()
        self.greet()

    def stop(self) -> None:
        """End: nothing is watched any more."""
        self._stop_watch()
        if self._timer is not None:
            self._timer.cancel()

    def ports(self) -> Sequence[tuple[int, bool]]:
        """Return the ports of Ingresses, and whether TLS is spoken there."""
        return ((80, False), (443, True))

    def serve_more(self) -> None:
        """Open further ports: health, status."""

    def greet(self) -> None:
        """Write the first lines of the log."""

    # --- requests -----------------------------------------------------------------------------------------------------

    def certificate(self, server_name: str) -> Certificate | None:
        """Return the certificate for an SNI name."""
        key = self.router.certificate(server_name)
        found = _certificate_of(self.view.secrets.get(key)) if key is not None else None
        return found or self.default_certificate()

    def handle(self, exchange: Exchange) -> None:
        """Route a request, and proxy it or answer it."""
        request = exchange.request
        asked = Asked("https" if exchange.is_tls else "http", request.header("host"), request.target, request.method)
        route = self.router.route(asked)
        self._requests += 1
        upstream = route.upstream
        params: dict[str, Param] = {
            "controller": self.process, "host": asked.host or "-", "path": request.path,
            "ingress": route.ingress or "-", "rule": f"{route.host or '*'}{route.path}",
        }  # fmt: skip
        evidence = Text(self.tool_of(route), route.entry, route.skipped)
        if upstream is None:
            response = self.answer(route.status, route.location)
            code = "http-match-redirect" if route.location else "http-match-default"
            exchange.hop("http-match", code, {**params, "status": route.status, "to": route.location}, evidence)
            self.finish(Done(exchange, route, response))
        elif upstream.backend.missing:
            told: dict[str, Param] = {**params, "upstream": upstream.name, "status": upstream.refused}
            exchange.hop("http-match", MISSING[upstream.backend.missing], told, evidence)
            self.finish(Done(exchange, route, self.answer(upstream.refused), self.no_servers(upstream)))
        else:
            exchange.hop("http-match", "http-match", {**params, "upstream": upstream.name}, evidence)
            Proxied(self, exchange, route, upstream).next()

    def finish(self, done: Done) -> None:
        """Answer a request, and log it."""
        headers = done.response.headers
        kept = {name.lower() for name, _ in headers}
        added = tuple(item for item in done.route.answer_headers.items() if item[0].lower() not in kept)
        response = HttpResponse(done.response.status, headers + added, done.response.body, done.response.reason)
        self.log(done)
        done.exchange.respond(response)

    def passed_on(self, exchange: Exchange) -> HttpRequest:
        """Return the request as the Pod gets it."""
        request = exchange.request
        own = self.upstream_headers(exchange)
        names = {name.lower() for name, _ in own}
        others = without_header(request.headers, *HOP_BY_HOP, *names)
        headers = tuple((name, value) for name, value in own if value) + others
        return HttpRequest(request.method, request.target, headers, request.body)

    def passed_back(self, response: HttpResponse) -> HttpResponse:
        """Return the Pod's answer as the client gets it."""
        headers = self.client_headers(without_header(response.headers, *HOP_BY_HOP), response)
        return HttpResponse(response.status, headers, response.body, response.reason)

    def tool_of(self, route: Route) -> str:
        """Return the command that prints a route's entry where its hop is: in the Pod, or on its node."""
        pod = self.container.machine.pod
        if pod is None or not pod.host_network:
            return route.tool
        return f"kubectl -n {pod.namespace} exec {pod.name} -- {route.tool}"

    def line_of(self, route: Route, needle: str) -> str:
        """Return the line that `route.tool` prints with `needle`, else with the upstream's name, else the entry."""
        files = self.router.files()
        text = files.get(route.tool.removeprefix("cat "), next(iter(files.values()), ""))
        wanted = (needle, f'"{route.upstream.name}"' if route.upstream else needle)
        lines = text.splitlines()
        found = (line.strip() for each in wanted for line in lines if each in line)
        return next(found, route.entry)

    def published(self) -> Published:
        """Return what it writes into the status of its Ingresses."""
        return Published()

    # --- what differs -------------------------------------------------------------------------------------------------

    @abstractmethod
    def default_certificate(self) -> Certificate:
        """Return what is shown where no Secret has the name."""

    @abstractmethod
    def answer(self, status: int, location: str = "") -> HttpResponse:
        """Return an answer of the controller's own."""

    @abstractmethod
    def upstream_headers(self, exchange: Exchange) -> Headers:
        """Return the fields that are set on the way to a Pod; an empty value takes the client's away."""

    @abstractmethod
    def client_headers(self, headers: Headers, response: HttpResponse) -> Headers:
        """Return a Pod's fields as they go to the client."""

    def log(self, done: Done) -> None:
        """Write the access log."""

    def complain(self, exchange: Exchange, text: str, server: str) -> None:
        """Write the error log."""

    def no_servers(self, upstream: Upstream) -> tuple[Attempt, ...]:  # noqa: ARG002  (only nginx-ingress tries)
        """Return the attempts that the log tells of where an upstream has no server."""
        return ()


def _certificate_of(secret: Object | None) -> Certificate | None:
    """Return the certificate of a Secret of type kubernetes.io/tls; None where it holds none that can be read."""
    data: object = secret.body.get("data") if secret is not None else None
    if not isinstance(data, Mapping):
        return None
    try:
        pem = base64.b64decode(str(data.get("tls.crt", "")), validate=True).decode("ascii")
        return Certificate.from_pem(pem)
    except (ValueError, binascii.Error):
        return None
