"""nginx: serves /usr/share/nginx/html of its container, by the configuration in /etc/nginx/conf.d.

Source: the official image's Dockerfile and docker-entrypoint.sh; nginx.conf of the image for the log's format.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from app.core.addresstext import address_text
from app.dataplane.sockets import Listener
from app.dataplane.tcp import TcpConnection
from app.workloads.http.dates import common_log_time, error_log_time, now_of
from app.workloads.http.message import HttpRequest, HttpResponse
from app.workloads.http.reader import HttpError
from app.workloads.http.server import Exchange, HttpServer
from app.workloads.images import Image, images
from app.workloads.machine import Container, World
from app.workloads.nginx.config import ConfigError, Place, Server, parse, server_of
from app.workloads.nginx.pages import DEFAULT_CONF, WELCOME, WENT_WRONG, version_of
from app.workloads.nginx.site import Answer, answer, response
from app.workloads.ports import annotated
from app.workloads.tls.certificates import Certificate

__all__ = ["Nginx"]

HTML, CONF = "/usr/share/nginx/html", "/etc/nginx/conf.d"
#: Since this version the image's entrypoint looks for scripts, and says so.
FIRST_WITH_SCRIPTS = (1, 19)
ENTRYPOINT_LINES = (
    "/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration",
    "/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/",
    "/docker-entrypoint.sh: Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh",
    "/docker-entrypoint.sh: Launching /docker-entrypoint.d/20-envsubst-on-templates.sh",
    "/docker-entrypoint.sh: Configuration complete; ready for start up",
)


@images.register("nginx")
class Nginx(Image):
    """One nginx."""

    def __init__(self, container: Container, world: World) -> None:
        super().__init__(container, world)
        files = container.files
        for path, text in ((f"{HTML}/index.html", WELCOME), (f"{HTML}/50x.html", WENT_WRONG)):
            files.write(path, text)
        files.write(f"{CONF}/default.conf", DEFAULT_CONF)
        self.version = version_of(container.image)
        self.servers: tuple[Server, ...] = ()
        self._seen: dict[str, tuple[bytes, datetime]] = {}
        self._requests = 0

    @property
    def server_field(self) -> str:
        """The header `Server`."""
        return f"nginx/{self.version}"

    def start(self) -> None:
        """Read the configuration and open its sockets; a wrong one ends the program. ValueError: a port is taken."""
        container, files = self.container, self.container.files
        if tuple(map(int, self.version.split(".")[:2])) >= FIRST_WITH_SCRIPTS:
            for line in ENTRYPOINT_LINES:
                container.say(line)
        names = [name for name in files.list(CONF) if name.endswith(".conf")]
        try:
            self.servers = tuple(
                server for name in names for server in parse(files.read(f"{CONF}/{name}") or "", f"{CONF}/{name}")
            )
        except ConfigError as error:
            self._log_error("emerg", str(error))
            container.say(f"nginx: [emerg] {error}", "stderr")
            self.world.clock.after(0, lambda: container.exit(1), lasting=True)
            return
        for place in self._places():
            certificates = partial(self._certificate, place) if place.is_tls else None
            program = HttpServer("nginx", self._serve, certificates=certificates, refuse=self._refuse)
            container.listen(Listener("tcp", place.port, "nginx", place.address, program=program))

    def _places(self) -> list[Place]:
        """Return where to listen: as the annotation says, else as the configuration does; each once."""
        given = annotated(self.container)
        if given is not None:
            places = [Place(listen.address, listen.port) for listen in given if listen.protocol == "tcp"]
        else:
            places = [place for server in self.servers for place in server.places]
        return list({(place.address, place.port): place for place in places}.values())

    def _certificate(self, place: Place, server_name: str) -> Certificate | None:
        """Return what is shown for a name: the certificate of the server that has the name, at that place."""
        server = server_of(self.servers, place.address, place.port, server_name.lower())
        text = self.container.files.read(server.certificate)
        try:
            return Certificate.from_pem(text) if text is not None else None
        except ValueError:
            return None

    def _serve(self, exchange: Exchange) -> None:
        self._requests += 1
        request = exchange.request
        address, port = exchange.local
        server = server_of(self.servers, address, port, request.host)
        scheme = "https" if exchange.is_tls else "http"
        said = answer(server, request, self.container.files, scheme=scheme, port=port)
        now = now_of(self.world)
        made = response(said, self.server_field, now, self._modified(said, now), keeps=request.is_persistent)
        client = address_text(exchange.client)
        if said.error:
            about = f'request: "{request.line}", host: "{request.header("host")}"'
            where = f"client: {client}, server: {server.names[0]}"
            self._log_error("error", f"*{self._requests} {said.error}, {where}, {about}")
        self._log_access(client, request.line, made, request)
        exchange.respond(made)

    def _refuse(self, error: HttpError, connection: TcpConnection) -> HttpResponse:
        self._requests += 1
        now, client = now_of(self.world), address_text(connection.remote[0])
        made = response(Answer(400), self.server_field, now, now, keeps=False)
        self._log_error("info", f"*{self._requests} {error}, client: {client}, server: localhost")
        self._log_access(client, error.seen, made, None)
        return made

    def _modified(self, said: Answer, now: datetime) -> datetime:
        """Return a file's time: the container's start, or when it was first served with another text."""
        started = self.world.spec.clock + timedelta(microseconds=self.container.started_us)
        before = self._seen.get(said.path)
        if before is None or before[0] != said.body:
            shipped = said.body in (WELCOME.encode(), WENT_WRONG.encode())
            before = self._seen[said.path] = (said.body, started if shipped or before is None else now)
        return before[1]

    def _log_access(self, client: str, line: str, made: HttpResponse, request: HttpRequest | None) -> None:
        """Write a line in the format `main` of the image: combined, and X-Forwarded-For."""
        names = ("referer", "user-agent", "x-forwarded-for")
        referer, agent, forwarded = (request.header(n, "-") if request is not None else "-" for n in names)
        sent = 0 if request is not None and request.method == "HEAD" else len(made.body)
        moment = common_log_time(now_of(self.world))
        words = f'{client} - - [{moment}] "{line}" {made.status} {sent} "{referer}" "{agent}" "{forwarded}"'
        self.container.say(words)

    def _log_error(self, level: str, text: str) -> None:
        process = "1#1" if level == "emerg" else "29#29"
        self.container.say(f"{error_log_time(now_of(self.world))} [{level}] {process}: {text}", "stderr")
