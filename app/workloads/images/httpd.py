"""httpd: Apache, serving /usr/local/apache2/htdocs on port 80. Source: the official image's Dockerfile."""

from __future__ import annotations

from app.core.addresstext import address_text
from app.workloads.fileserver import file_answer
from app.workloads.http.dates import common_log_time, now_of
from app.workloads.http.message import HttpResponse
from app.workloads.http.server import Exchange
from app.workloads.images import images
from app.workloads.machine import Container, World
from app.workloads.simpleserver import SimpleServer

__all__ = ["Httpd"]

ROOT = "/usr/local/apache2/htdocs"
WELCOME = "<html><body><h1>It works!</h1></body></html>\n"


@images.register("httpd")
class Httpd(SimpleServer):
    """One Apache."""

    process = "httpd"

    def __init__(self, container: Container, world: World) -> None:
        super().__init__(container, world)
        container.files.write(f"{ROOT}/index.html", WELCOME)

    def port(self) -> str:
        """Return its port."""
        return "80"

    def handle(self, exchange: Exchange) -> HttpResponse:
        """Answer with a file, and log it in the common format."""
        made = file_answer(exchange, self.container.files, ROOT, self.world, "Apache/2.4.65 (Unix)")
        moment = common_log_time(now_of(self.world))
        line = (
            f'{address_text(exchange.client)} - - [{moment}] "{exchange.request.line}" {made.status} {len(made.body)}'
        )
        self.container.say(line)
        return made
