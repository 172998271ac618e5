"""traefik/whoami: tells who answered, from where it was asked, and the request as it came.

Source: github.com/traefik/whoami, app.go (whoamiHandler, apiHandler, the flags); Go's net/http (Request.Write).
"""

from __future__ import annotations

import json

from app.core.addresstext import address_text
from app.workloads.http.dates import error_log_time, now_of
from app.workloads.http.message import HttpRequest, HttpResponse, without_header
from app.workloads.http.server import Exchange
from app.workloads.images import images
from app.workloads.machine import Machine
from app.workloads.ports import option
from app.workloads.simpleserver import SimpleServer, go_response
from app.workloads.tls.certificates import Certificate

__all__ = ["Whoami", "addresses_of", "request_text"]


def addresses_of(machine: Machine) -> list[str]:
    """Return the addresses of every interface, as net.InterfaceAddrs() lists them."""
    interfaces = machine.netns.interfaces.values()
    return [address_text(address.interface.ip) for each in interfaces for address in each.addresses]


def request_text(request: HttpRequest) -> str:
    """Return a request as Go writes it out: Host and User-Agent first, the other fields in the order of their names."""
    others = sorted(
        ("-".join(word.capitalize() for word in name.split("-")), value)
        for name, value in without_header(request.headers, "host", "user-agent", "connection")
    )
    lines = [f"{request.method} {request.target} HTTP/1.1", f"Host: {request.header('host')}"]
    agent = request.header("user-agent")
    lines += [f"User-Agent: {agent}"] if agent else []
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in others), "", ""])


@images.register("traefik/whoami")
class Whoami(SimpleServer):
    """One whoami. Its port: `--port`, or WHOAMI_PORT_NUMBER, or 80; `--name` (WHOAMI_NAME); `--cert` makes it HTTPS."""

    process = "whoami"

    def port(self) -> str:
        """Return the port that the command line asks for."""
        return option(self.words, "--port", "-port") or self.container.env.get("WHOAMI_PORT_NUMBER") or "80"

    def certificate(self) -> Certificate | None:
        """Return the certificate of `--cert`."""
        path = option(self.words, "--cert", "-cert")
        text = self.container.files.read(path) if path else None
        return Certificate.from_pem(text) if text is not None else None

    def greet(self) -> None:
        """Say what the real one says when it starts."""
        self.container.say(f"{error_log_time(now_of(self.world))} Starting up on port {self.port()}", "stderr")

    def handle(self, exchange: Exchange) -> HttpResponse:
        """Answer a request."""
        request, machine = exchange.request, self.container.machine
        remote = f"{address_text(exchange.client)}:{exchange.remote[1]}"
        if {"--verbose", "-verbose"} & set(self.words):
            moment = error_log_time(now_of(self.world))
            self.container.say(f'{moment} {remote} - - "{request.line}" - -', "stderr")
        if request.path == "/health":
            return go_response(self.world, b"")
        name = option(self.words, "--name", "-name") or self.container.env.get("WHOAMI_NAME", "")
        if request.path == "/api":
            fields = {name_: [value] for name_, value in sorted(without_header(request.headers, "host"))}
            data: dict[str, object] = {"hostname": machine.hostname, "ip": addresses_of(machine), "headers": fields}
            data |= {"url": request.target, "host": request.header("host"), "method": request.method}
            data |= {"name": name} if name else {}
            return go_response(
                self.world, json.dumps(data, separators=(",", ":")).encode() + b"\n", kind="application/json"
            )
        lines = [f"Name: {name}"] if name else []
        lines += [f"Hostname: {machine.hostname}", *(f"IP: {each}" for each in addresses_of(machine))]
        lines.append(f"RemoteAddr: {remote}")
        return go_response(self.world, ("\n".join(lines) + "\n" + request_text(request)).encode())
