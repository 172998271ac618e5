"""The laboratory: one process that makes network namespaces, listens, sends and captures in them.

It is started as `unshare --net python kernel.py` and is asked over its standard input: one JSON object a line,
`{"op": NAME, ...}`, answered by one line, `{"ok": RESULT}` or `{"error": TEXT}`. The namespaces have no names: each is an open
file of this process, so that nothing is left of them when it ends, however it ends. It ends when its standard input does.

Everything is one thread: it enters a namespace (setns), opens a socket there, and keeps it. Packets wait in the rings of the
capturing sockets, so that no capture can start too late. A ring, as tcpdump has, and no plain packet socket: that one shares a
packet's bytes with the stack, and shows what was rewritten after the tap. Only the standard library is imported.
Sources: setns(2), packet(7), ip(7) (IP_RECVERR), tcp(7); linux/if_packet.h (tpacket2_hdr, sockaddr_ll);
linux/netfilter/nfnetlink_conntrack.h.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CLONE_NEWNET, PR_SET_PDEATHSIG = 0x40000000, 1
ETH_P_ALL, SOL_PACKET, PACKET_OUTGOING = 0x0003, 263, 4
PACKET_RX_RING, PACKET_VERSION, TPACKET_V2, TP_STATUS_USER = 5, 10, 1, 1
BLOCK, SLOT, SLOTS = 4096 * 16, 2048, 512
IP_RECVERR, IP_MTU_DISCOVER, IP_PKTINFO, MSG_ERRQUEUE = 11, 10, 8, 0x2000
DONT, DO = 0, 2
NETLINK_NETFILTER, CT_DELETE, NLM_F_REQUEST, NLM_F_ACK = 12, 0x0102, 0x1, 0x4
SNAPSHOT = 65535
#: Seconds without a frame after which nothing is under way any more; all of it is in this machine's memory.
QUIET = 0.05
SETTLED = 3.0
BRIDGES = ("cni0", "lan0", "lan1")
BY_ABORT = struct.pack("ii", 1, 0)
LIBC = ctypes.CDLL(None, use_errno=True)

Json = dict[str, Any]


def call(name: str, *args: int) -> None:
    """Call a function of the C library; OSError where it fails."""
    if getattr(LIBC, name)(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


class Namespace:
    """A network namespace, by its open file."""

    def __init__(self) -> None:
        call("unshare", CLONE_NEWNET)
        self.fd = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    def enter(self) -> None:
        """Make this process's next sockets and children the namespace's."""
        call("setns", self.fd, CLONE_NEWNET)

    def connections(self) -> list[str]:
        """Return the connection table, a line an entry."""
        self.enter()
        return Path("/proc/self/net/nf_conntrack").read_text().splitlines()


class Tap:
    """A socket that captures on every interface of a namespace, those to come included."""

    def __init__(self, namespace: Namespace, name: str) -> None:
        namespace.enter()
        self.namespace, self.name = namespace, name
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
        size = SLOT * SLOTS
        self.socket.setsockopt(SOL_PACKET, PACKET_RX_RING, struct.pack("IIII", BLOCK, size // BLOCK, SLOT, SLOTS))
        self.ring = mmap.mmap(self.socket.fileno(), size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self.slot = 0
        self.latest = 0
        self.interfaces: dict[int, str] = {}

    def frames(self) -> Iterator[tuple[int, str, str, str, str]]:
        """Yield what was captured: (nanoseconds, namespace, interface, direction, bytes in hex)."""
        while True:
            at = self.slot * SLOT
            status, _, length, start, _, seconds, nanoseconds = struct.unpack_from("IIIHHII", self.ring, at)
            if not status & TP_STATUS_USER:
                return
            index, _, kind = struct.unpack_from("iHB", self.ring, at + 32 + 4)
            # A frame that a bridge hands up keeps the time at which its port received it; the ring's order is right.
            self.latest = max(self.latest, seconds * 10**9 + nanoseconds)
            direction = "tx" if kind == PACKET_OUTGOING else "rx"
            yield (
                self.latest,
                self.name,
                self._interface(index),
                direction,
                self.ring[at + start : at + start + length].hex(),
            )
            struct.pack_into("I", self.ring, at, 0)
            self.slot = (self.slot + 1) % SLOTS

    def _interface(self, index: int) -> str:
        if index not in self.interfaces:
            self.namespace.enter()
            self.interfaces[index] = socket.if_indextoname(index)
        return self.interfaces[index]


class Client:
    """The program that asks: one packet, connection or datagram. `learned` is None while it waits."""

    def __init__(self, question: Json) -> None:
        self.scheme: str = question["scheme"]
        self.target = (question["address"], question["port"])
        self.payload: bytes = question["payload"].encode()
        self.ident: int = question["ident"]
        self.learned: str | None = None
        self.peer = ""
        self.is_open = False
        kind = {"icmp": socket.SOCK_RAW, "tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}[self.scheme]
        self.socket = socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP if self.scheme == "icmp" else 0)
        self.socket.setblocking(False)
        if question["ttl"]:
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, question["ttl"])
        if self.scheme == "icmp":
            self.socket.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
            self.socket.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, DO if question["df"] else DONT)
        elif question["sport"]:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind(("0.0.0.0", question["sport"]))

    def start(self) -> None:
        """Send the first packet; what the own kernel refuses is learned at once."""
        try:
            if self.scheme == "tcp":
                self.socket.connect(self.target)
                return
            self.socket.connect(self.target if self.scheme == "udp" else (self.target[0], 0))
            self.socket.send(self.payload if self.scheme == "udp" else self._echo_request())
        except BlockingIOError:
            return
        except OSError as error:
            self.learned = errno.errorcode[error.errno or 0]

    def _echo_request(self) -> bytes:
        header = struct.pack("!BBHHH", 8, 0, 0, self.ident, 1)
        data = header + self.payload
        data += b"\0" * (len(data) % 2)
        total = sum(struct.unpack(f"!{len(data) // 2}H", data))
        total = (total & 0xFFFF) + (total >> 16)
        total = (total & 0xFFFF) + (total >> 16)
        return struct.pack("!BBHHH", 8, 0, ~total & 0xFFFF, self.ident, 1) + self.payload

    def look(self) -> None:
        """Read what came, if anything did."""
        try:
            if self.scheme == "icmp":
                self._look_for_echo()
            elif self.scheme == "tcp":
                self._look_for_line()
            else:
                self.socket.recv(SNAPSHOT)
                self.learned = "answered"
        except BlockingIOError:
            return
        except OSError as error:
            self.learned = errno.errorcode[error.errno or 0]

    def _look_for_line(self) -> None:
        if not self.is_open:
            failed = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if failed:
                raise OSError(failed, "")
            try:
                self.socket.getpeername()
            except OSError:
                return
            self.is_open = True
            self.socket.send(self.payload)
        data = self.socket.recv(SNAPSHOT)
        self.learned = "connected" if data else "handshake-only"

    def _look_for_echo(self) -> None:
        try:
            _, told, _, _ = self.socket.recvmsg(SNAPSHOT, 512, MSG_ERRQUEUE)
        except BlockingIOError:
            pass
        else:
            for level, kind, data in told:
                if (level, kind) == (socket.IPPROTO_IP, IP_RECVERR):
                    number, origin, type_, code = struct.unpack_from("IBBB", data)
                    self.learned = f"icmp {type_} {code}" if origin == 2 else errno.errorcode[number]
            return
        data = self.socket.recv(65535)
        message = data[(data[0] & 15) * 4 :]
        if message[0] == 0 and struct.unpack_from("!H", message, 4)[0] == self.ident:
            self.learned = "echo-reply"

    def waiting_for(self) -> int:
        """Return the events that this client waits for."""
        opening = self.scheme == "tcp" and not self.is_open
        return selectors.EVENT_WRITE if opening else selectors.EVENT_READ

    def conclude(self) -> str:
        """Say what a program concludes when its patience is at an end."""
        return self.learned or ("handshake-only" if self.is_open else "timeout")

    def close(self) -> None:
        """Close: with a FIN after an answer, else without a word."""
        if self.scheme == "tcp" and self.learned != "connected":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, BY_ABORT)
        self.socket.close()


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
            answer = {"error": f"{request}: {error!r}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
