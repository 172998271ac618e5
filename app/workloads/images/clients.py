"""Images of clients and shells: busybox, alpine, dnsutils, curl, netshoot ... They do what their command says and end.

Without a command such an image starts a shell, which ends at once where nobody holds its standard input (`stdin`): the
Pod is Completed, as in Kubernetes. In a cluster file that is spared: what it holds is up (docs/fidelity.md#workloads).
"""

from __future__ import annotations

from app.core.clock import Timer
from app.dataplane.sockets import ANY, Listener
from app.workloads.fileserver import file_answer
from app.workloads.http.server import Exchange, HttpServer
from app.workloads.images import Image, images
from app.workloads.machine import Container, World
from app.workloads.script import Exit, Loop, Say, Serve, Sleep, Step, steps_of

__all__ = ["Client"]

NAMES = (
    "busybox", "alpine", "ubuntu", "debian", "curlimages/curl", "nicolaka/netshoot", "tutum/dnsutils",
    "e2e-test-images/jessie-dnsutils", "jessie-dnsutils", "dnsutils", "infoblox/dnstools", "radial/busyboxplus",
)  # fmt: skip
#: Lines that a program may have printed and nobody read; a container's log is cut off by the kubelet too.
MOST_LINES = 10_000
#: A loop that does not wait would stand still in virtual time.
SHORTEST_ROUND_US = 100_000


class Client(Image):
    """One container of such an image."""

    def __init__(self, container: Container, world: World) -> None:
        super().__init__(container, world)
        self._timer: Timer | None = None
        #: The program is one that a person types at, and waits for the terminal that attaches (`stdin: true`).
        self.is_held = False

    def start(self) -> None:
        """Do what the command says."""
        spec, words = self.container.spec, list(self.container.command)
        self.is_held = bool(spec.get("stdin")) and not any(
            isinstance(step, Sleep | Loop | Serve) for step in steps_of(words)
        )
        if self.is_held or (not words and self.world.clock.now_us == 0):
            return
        self._go([*steps_of(words)] if words else [])

    def stop(self) -> None:
        """Wait no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _go(self, steps: list[Step]) -> None:
        """Do the next steps, until one takes time."""
        while steps:
            step = steps.pop(0)
            match step:
                case Say(text):
                    if len(self.container.log) < MOST_LINES:
                        self.container.say(text)
                case Sleep(None):
                    return
                case Sleep(us):
                    self._later(us or 0, steps)
                    return
                case Exit(code):
                    self._later(0, [], code)
                    return
                case Serve():
                    self._serve(step)
                    return
                case Loop(inside):
                    steps = (
                        [*inside, Sleep(SHORTEST_ROUND_US), step]
                        if _waits(inside) < SHORTEST_ROUND_US
                        else [*inside, step]
                    )
        self._later(0, [], 0)

    def _later(self, delay_us: int, steps: list[Step], code: int | None = None) -> None:
        """Go on later, or end: a program that ends at once does so after its container has started."""
        do = (lambda: self._go(steps)) if code is None else (lambda: self.container.exit(code))
        self._timer = self.world.clock.after(delay_us, do, lasting=True)

    def _serve(self, step: Serve) -> None:
        def handle(exchange: Exchange) -> None:
            exchange.respond(file_answer(exchange, self.container.files, step.directory, self.world))

        program = HttpServer("httpd", handle, keep_alive_us=0)
        if step.port.isdecimal() and 1 <= int(step.port[:6]) <= 65535:
            self.container.listen(Listener("tcp", int(step.port), "httpd", ANY, program=program))


def _waits(steps: tuple[Step, ...]) -> int:
    return sum(step.us if step.us is not None else SHORTEST_ROUND_US for step in steps if isinstance(step, Sleep))


for _name in NAMES:
    images.register(_name)(Client)
