"""Many browsers at once against a running server: how long do answers take while all of them ask?

    python -m tests.load.storm --port 5000 --clients 200 --seconds 10 [--flood]

Prints one JSON line: milliseconds to be connected and to be answered (p50, p99, worst), errors, answers. `--flood` adds
one client that sends as fast as it can; its closing is in the line. Engine.IO is spoken by hand: a client costs little.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from dataclasses import dataclass, field

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Message, Request, TextMessage

PATIENCE = 20.0
"""Seconds after which a client that is not answered, or a flooder that is not closed, counts as an error."""
QUESTION = '["step.enter",{"lesson":"pod-same-node","step":"predict-hop"}]'


@dataclass
class Tally:
    """What was measured, in milliseconds."""

    connected: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    errors: int = 0
    flooder_closed: int | None = None

    def line(self) -> str:
        return json.dumps(
            {
                "connect_ms": spread(self.connected),
                "answer_ms": spread(self.answered),
                "answers": len(self.answered),
                "errors": self.errors,
                "flooder_closed": self.flooder_closed,
            }
        )


def spread(values: list[float]) -> list[float]:
    """Return p50, p99 and the worst."""
    ordered = sorted(values) or [0.0]
    return [round(ordered[min(int(len(ordered) * part), len(ordered) - 1)], 1) for part in (0.5, 0.99, 1.0)]


class Client:
    """One browser."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.ws = WSConnection(ConnectionType.CLIENT)
        self.text = ""
        self.close_code: int | None = None

    @classmethod
    async def connect(cls, port: int) -> Client:
        client = cls(*await asyncio.open_connection("127.0.0.1", port))
        origin = [(b"origin", f"http://127.0.0.1:{port}".encode())]
        target = "/socket.io/?EIO=4&transport=websocket"
        client.writer.write(client.ws.send(Request(host=f"127.0.0.1:{port}", target=target, extra_headers=origin)))
        await client.until("0{")
        client.send("40")
        await client.until("40{")
        return client

    def send(self, text: str) -> None:
        self.writer.write(self.ws.send(Message(data=text)))

    async def until(self, start: str) -> str:
        """Return the next message that begins with `start`; pings are answered."""
        while True:
            for event in self.ws.events():
                if isinstance(event, CloseConnection):
                    self.close_code = int(event.code)
                    raise ConnectionError(f"closed with {event.code}")
                if not isinstance(event, AcceptConnection | TextMessage):
                    raise ConnectionError(f"refused: {event}")
                if isinstance(event, TextMessage) and (message := self._whole(event)) is not None:
                    if message.startswith(start):
                        return message
                    if message == "2":
                        self.send("3")
            data = await self.reader.read(65_536)
            if not data:
                raise ConnectionError("the server is gone")
            self.ws.receive_data(data)

    def _whole(self, event: TextMessage) -> str | None:
        self.text += event.data
        if not event.message_finished:
            return None
        message, self.text = self.text, ""
        return message


async def study(port: int, until: float, tally: Tally) -> None:
    """Connect, then ask once a second."""
    begun = time.monotonic()
    try:
        client = await asyncio.wait_for(Client.connect(port), PATIENCE)
        tally.connected.append(1000 * (time.monotonic() - begun))
        while (asked := time.monotonic()) < until:
            client.send(f"421{QUESTION}")
            answer = await asyncio.wait_for(client.until("431["), 10)
            tally.errors += '"ok":true' not in answer
            tally.answered.append(1000 * (time.monotonic() - asked))
            await asyncio.sleep(1)
        client.writer.close()
    except (OSError, TimeoutError):
        tally.errors += 1


async def flood(port: int, tally: Tally) -> None:
    """Send as fast as the socket takes it, and read nothing, until the server closes or PATIENCE has passed."""
    client = await Client.connect(port)
    begun = time.monotonic()
    try:
        while time.monotonic() - begun < PATIENCE:
            client.writer.write(client.ws.send(Message(data=f"42{QUESTION}")) * 100)
            await asyncio.wait_for(client.writer.drain(), PATIENCE)
            await asyncio.sleep(0)
    except TimeoutError:
        tally.errors += 1
    except OSError:
        tally.flooder_closed = round(1000 * (time.monotonic() - begun))
    finally:
        client.writer.transport.abort()


async def storm(port: int, clients: int, seconds: float, *, with_flood: bool) -> Tally:
    tally = Tally()
    until = time.monotonic() + seconds
    browsers = [study(port, until, tally) for _ in range(clients)]
    await asyncio.gather(*browsers, *([flood(port, tally)] if with_flood else []))
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--flood", action="store_true")
    args = parser.parse_args()
    print(asyncio.run(storm(args.port, args.clients, args.seconds, with_flood=args.flood)).line())


if __name__ == "__main__":
    main()
