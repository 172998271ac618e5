"""echoserver (registry.k8s.io/echoserver): tells its Pod, what it saw of the client, and the request's headers.

Source: github.com/kubernetes/ingress-nginx, images/custom-error-pages and kubernetes' old test/images/echoserver,
template.lua: the sections and their order; the words are those that it prints.
"""

from __future__ import annotations

from app.core.addresstext import address_text
from app.workloads.http.message import HttpResponse
from app.workloads.http.server import Exchange
from app.workloads.images import images
from app.workloads.simpleserver import SimpleServer, go_response

__all__ = ["EchoServer"]


@images.register("echoserver")
class EchoServer(SimpleServer):
    """One echoserver, on port 8080."""

    process = "nginx"

    def port(self) -> str:
        """Return its port."""
        return "8080"

    def handle(self, exchange: Exchange) -> HttpResponse:
        """Answer with what came."""
        request, env = exchange.request, self.container.env
        scheme, host = "https" if exchange.is_tls else "http", request.host
        rows = ["", "", f"Hostname: {self.container.machine.hostname}", "", "Pod Information:"]
        named = [
            ("node name", "NODE_NAME"),
            ("pod name", "POD_NAME"),
            ("pod namespace", "POD_NAMESPACE"),
            ("pod IP", "POD_IP"),
        ]
        given = [f"\t{label}:\t{env[name]}" for label, name in named if env.get(name)]
        rows += given or ["\t-no pod information available-"]
        rows += ["", "Server values:", "\tserver_version=nginx: 1.14.2 - lua: 10015", "", "Request Information:"]
        rows += [
            f"\tclient_address={address_text(exchange.client)}",
            f"\tmethod={request.method}",
            f"\treal path={request.target}",
        ]
        rows += [f"\tquery={request.target.partition('?')[2]}", "\trequest_version=1.1", f"\trequest_scheme={scheme}"]
        rows += [
            f"\trequest_uri={scheme}://{host}:{exchange.local[1]}{request.target}",
            "",
            "Request Headers:",
        ]
        rows += [
            f"\t{name.lower()}={value}" for name, value in sorted(request.headers, key=lambda field: field[0].lower())
        ]
        body = request.body.decode("utf-8", "replace") or "\t-no body in request-"
        rows += ["", "Request Body:", body, ""]
        return go_response(self.world, "\n".join(rows).encode(), kind="text/plain")
