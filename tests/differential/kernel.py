"""The laboratory: one process that makes network namespaces, listens, sends and captures in them.

It is started by `unshare --net` and is asked over its standard input: one JSON object a line, `{"op": NAME, ...}`, answered by
one line, `{"ok": RESULT}` or `{"error": TEXT}`. The namespaces have no names: each is an open file of this process, so that
nothing is left of them when it ends, however it ends. It ends when its standard input does.

Everything is one thread: it enters a namespace, opens a socket there, and keeps it. Packets wait in the rings of the capturing
sockets, so that no capture can start too late. Only the standard library is imported.
Source: linux/netfilter/nfnetlink_conntrack.h.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

from tests.differential.asking import BY_ABORT, SNAPSHOT, Client, Json
from tests.differential.tap import LIBC, Namespace, Tap

PR_SET_PDEATHSIG, IP_PKTINFO = 1, 8
NETLINK_NETFILTER, CT_DELETE, NLM_F_REQUEST, NLM_F_ACK = 12, 0x0102, 0x1, 0x4
#: Seconds without a frame after which nothing is under way any more; all of it is in this machine's memory.
QUIET = 0.05
SETTLED = 3.0
BRIDGES = ("cni0", "lan0", "lan1")


class Laboratory:
    """All namespaces, and what is open in them."""

    def __init__(self) -> None:
        self.namespaces: dict[str, Namespace] = {}
        self.listeners: list[tuple[str, socket.socket]] = []
        self.accepted: list[socket.socket] = []
        self.answered_by: list[str] = []
        self.frames: list[tuple[int, str, str, str, str]] = []
        self.selector = selectors.DefaultSelector()

    # --- building -----------------------------------------------------------------------------------------------------

    def op_netns(self, name: str) -> str:
        """Make a namespace; return the path by which `ip link ... netns PATH` reaches it."""
        namespace = self.namespaces[name] = Namespace()
        return f"/proc/{os.getpid()}/fd/{namespace.fd}"

    def op_run(self, netns: str, argv: list[str], text: str = "") -> Json:
        """Run a program in a namespace with `text` as its standard input."""
        self.namespaces[netns].enter()
        done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
        return {"code": done.returncode, "stdout": done.stdout, "stderr": done.stderr}

    def op_sysctl(self, netns: str, values: dict[str, str]) -> None:
        """Write kernel parameters; a slash in a name stands for a dot, as in sysctl(8)."""
        self.namespaces[netns].enter()
        for key, value in values.items():
            path = Path("/proc/sys") / key.translate(str.maketrans("./", "/."))
            path.write_text(value)

    def op_listen(self, netns: str, proto: str, address: str, port: int) -> None:
        """Open a socket that answers with what it is told."""
        self.namespaces[netns].enter()
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM)
        server.setblocking(False)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if proto == "udp":
            server.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        server.bind((address, port))
        if proto == "tcp":
            server.listen(16)
        self.listeners.append((netns, server))
        self.selector.register(server, selectors.EVENT_READ, (self._serve, netns))

    def op_tap(self, netns: str) -> None:
        """Capture what every interface of the namespace, those to come included, sends and receives."""
        tap = Tap(self.namespaces[netns], netns)
        self.selector.register(tap.socket, selectors.EVENT_READ, (lambda *_: self.frames.extend(tap.frames()), netns))

    # --- asking -------------------------------------------------------------------------------------------------------

    def op_ask(self, question: Json) -> Json:
        """Ask one question; return what was learned, who answered, every frame as (time, netns, interface, direction, hex),
        and the connections that the namespaces `tracked` knew before the client closed."""
        self._turn(0)
        self.frames, self.answered_by = [], []
        self.namespaces[question["netns"]].enter()
        client = Client(question)
        client.start()
        until = time.monotonic() + question["patience"]
        while client.learned is None and time.monotonic() < until:
            self.selector.register(client.socket, client.waiting_for(), (None, ""))
            self._turn(min(0.2, max(0.0, until - time.monotonic())))
            self.selector.unregister(client.socket)
            client.look()
        self._turn_until_quiet()
        if client.learned is None:
            client.look()
        learned = client.conclude()
        frames = sorted(self.frames, key=lambda frame: frame[0])
        connections = {name: self.namespaces[name].connections() for name in question["tracked"]}
        client.close()
        return {"learned": learned, "answered_by": self.answered_by, "frames": frames, "connections": connections}

    def op_settle(self) -> None:
        """Wait until the last client's close has gone its way; end what it left open."""
        self._turn_until_quiet()
        for server in list(self.accepted):
            server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, BY_ABORT)
            self._close(server)
            self._turn_until_quiet()

    def op_forget(self) -> None:
        """Make every cache cold: connections, neighbours, what bridges learned, routes, recent sources."""
        for namespace in self.namespaces.values():
            namespace.enter()
            forget_connections()
            for recent in Path("/proc/self/net/xt_recent").glob("*"):
                recent.write_text("/\n")
            Path("/proc/sys/net/ipv4/route/flush").write_text("1")
            devices = [word.rstrip(":") for word in Path("/proc/self/net/dev").read_text().split()]
            bridges = [f"link set {device} type bridge fdb_flush\n" for device in devices if device in BRIDGES]
            text = "".join(["neigh flush all\n", *bridges])
            subprocess.run(["ip", "-batch", "-"], input=text, text=True, capture_output=True, check=True)

    # --- one thread ---------------------------------------------------------------------------------------------------

    def _turn(self, seconds: float) -> int:
        """Serve whoever is ready within `seconds`; return how many frames were captured."""
        before = len(self.frames)
        for key, _ in self.selector.select(seconds):
            handler, netns = key.data
            if handler is not None:
                handler(key.fileobj, netns)
        return len(self.frames) - before

    def _turn_until_quiet(self) -> None:
        """Serve until nothing moves any more."""
        limit = time.monotonic() + SETTLED
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET and time.monotonic() < limit:
            if self._turn(QUIET / 5):
                quiet_since = time.monotonic()

    def _serve(self, server: socket.socket, netns: str) -> None:
        try:
            if server.type == socket.SOCK_DGRAM:
                data, told, _, client = server.recvmsg(SNAPSHOT, 128)
                # The answer leaves from the address that was asked (struct in_pktinfo: index, local, destination).
                asked = next(d for level, t, d in told if (level, t) == (socket.IPPROTO_IP, IP_PKTINFO))
                here = struct.pack("I4s4s", 0, asked[8:12], b"\0" * 4)
                self.answered_by.append(netns)
                server.sendmsg([data], [(socket.IPPROTO_IP, IP_PKTINFO, here)], 0, client)
                return
            connection, _ = server.accept()
        except OSError:
            return
        connection.setblocking(False)
        self.answered_by.append(netns)
        self.accepted.append(connection)
        self.selector.register(connection, selectors.EVENT_READ, (self._echo, netns))

    def _echo(self, connection: socket.socket, netns: str) -> None:
        try:
            data = connection.recv(SNAPSHOT)
            if data:
                connection.send(data)
                return
        except OSError:
            pass
        self._close(connection)

    def _close(self, connection: socket.socket) -> None:
        self.selector.unregister(connection)
        self.accepted.remove(connection)
        connection.close()


def forget_connections() -> None:
    """Empty the namespace's connection table (IPCTNL_MSG_CT_DELETE without a tuple)."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as netlink:
        body = struct.pack("=BBH", socket.AF_INET, 0, 0)
        header = struct.pack("=IHHII", 16 + len(body), CT_DELETE, NLM_F_REQUEST | NLM_F_ACK, 1, 0)
        netlink.send(header + body)
        answer = netlink.recv(SNAPSHOT)
        failed = -struct.unpack_from("=i", answer, 16)[0]
        if failed:
            raise OSError(failed, f"conntrack flush: {os.strerror(failed)}")


def main() -> None:
    """Answer one line at a time until there are no more."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    laboratory = Laboratory()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"ok": getattr(laboratory, f"op_{request.pop('op')}")(**request)}
        except (OSError, subprocess.CalledProcessError) as error:
            answer = {"error": f"{error!r}: {request}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
