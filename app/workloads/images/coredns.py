"""`coredns`: the cluster's DNS server, with the Corefile of its ConfigMap.

It listens on 53 (UDP and TCP), 8080 (/health), 8181 (/ready) and 9153 (/metrics). Without a Corefile in the container
(a Pod of a cluster file that just names the image) it runs with Kubernetes' own.
Sources: CoreDNS core/dnsserver, plugin/health, plugin/ready, plugin/metrics; the messages are those of `coredns` 1.12.
"""

from __future__ import annotations

from hashlib import sha512

from app.dataplane.sockets import Listener
from app.workloads.dns.corefile import default_corefile, read_corefile
from app.workloads.dns.index import DnsIndex
from app.workloads.dns.resolvconf import read_resolv_conf
from app.workloads.dns.server import CoreDnsServer
from app.workloads.dns.transport import DnsProgram
from app.workloads.http.server import Exchange, Handler, HttpServer
from app.workloads.images import Image, images
from app.workloads.machine import World
from app.workloads.simpleserver import go_response

__all__ = ["CoreDns"]

COREFILE = "/etc/coredns/Corefile"
PROCESS = "coredns"
HTTP_PORTS = {
    8080: ("/health", "OK"),
    8181: ("/ready", "OK"),
    9153: ("/metrics", 'coredns_build_info{goversion="go1.24.1",revision="707c7c1",version="1.12.1"} 1\n'),
}
SECOND_US = 1_000_000


@images.register("coredns")
class CoreDns(Image):
    """One CoreDNS process."""

    index: DnsIndex | None = None

    def start(self) -> None:
        """Read the Corefile, watch the objects, open the sockets."""
        container, netns = self.container, self.container.machine.netns
        text = container.files.read(COREFILE) or default_corefile(self.world.spec.cluster_domain)
        corefile = read_corefile(text)
        servers: tuple[str, ...] = (corefile.forward,) if corefile.forward else ()
        if corefile.forward.startswith("/"):
            servers = read_resolv_conf(container.files.read(corefile.forward) or "").nameservers
        self.index = DnsIndex(self.world.store)
        serial = int(self.world.spec.clock.timestamp()) + self.world.clock.now_us // SECOND_US
        server = CoreDnsServer(netns, self.index, corefile, servers, serial)
        program = DnsProgram(server.respond)
        for proto in ("udp", "tcp"):
            container.listen(Listener(proto, 53, PROCESS, program=program))
        for port, (path, body) in HTTP_PORTS.items():
            container.listen(Listener("tcp", port, PROCESS, program=HttpServer(PROCESS, page(path, body, self.world))))
        container.say(".:53")
        digest = sha512(text.encode()).hexdigest()
        container.say(f"[INFO] plugin/reload: Running configuration SHA512 = {digest}")
        container.say("CoreDNS-1.12.1\nlinux/amd64, go1.24.1, 707c7c1")

    def stop(self) -> None:
        """Watch the objects no more."""
        if self.index is not None:
            self.index.close()
            self.index = None


def page(path: str, body: str, world: World) -> Handler:
    """Return a handler that says one thing at one path: /health and /ready say OK while the process runs."""

    def handle(exchange: Exchange) -> None:
        is_there = exchange.request.path == path
        text = body if is_there else "404 page not found\n"
        exchange.respond(go_response(world, text.encode(), 200 if is_there else 404))

    return handle
