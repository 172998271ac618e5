"""The program that asks in the kernel: a ping, a TCP client, a UDP client. Sources: ip(7) (IP_RECVERR), tcp(7), icmp(7)."""

from __future__ import annotations

import errno
import selectors
import socket
import struct
from typing import Any

IP_RECVERR, IP_MTU_DISCOVER, MSG_ERRQUEUE = 11, 10, 0x2000
DONT, DO = 0, 2
SNAPSHOT = 65535
BY_ABORT = struct.pack("ii", 1, 0)
"""SO_LINGER with no patience: the socket is closed without a word but a reset."""

Json = dict[str, Any]


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
