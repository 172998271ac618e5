"""`podwalk serve` in a process of its own, on a free loopback port, with a data folder of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"podwalk: (http://127\.0\.0\.1:(\d+))/")


class Server:
    """A running server; `stop` and `start` again come back at the same address, with the same progress."""

    def __init__(self, arguments: Sequence[str] = ()) -> None:
        self.arguments = list(arguments)
        self.data = tempfile.TemporaryDirectory(prefix="podwalk-e2e-")
        self.log: list[str] = []
        self.origin = ""
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start it and wait until it answers. Raises AssertionError with its own words where it does not."""
        assert self.process is None
        options = ["serve", "--port", str(self.port), "--data", self.data.name, *self.arguments]
        command = [sys.executable, "-m", "app", *options]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.log.append(line)
            if found := READY.search(line):
                self.origin, self.port = found[1], int(found[2])
                break
        else:
            raise AssertionError("the server did not start:\n" + "".join(self.log))
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()
        self._wait_until_healthy()
        return self

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            self.log += process.stdout

    def _wait_until_healthy(self) -> None:
        deadline = monotonic() + 20
        while monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.origin}/healthz", timeout=1):
                    return
            except (urllib.error.URLError, OSError):
                sleep(0.05)
        raise AssertionError("the server does not answer:\n" + "".join(self.log))

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it as Ctrl-C would, or by another signal."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=10)
            self.process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()
        self.data.cleanup()
