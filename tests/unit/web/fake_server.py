"""The real server with fakes below it, in a process of its own: `python -m tests.unit.web.fake_server DATA [PORT]`."""

from __future__ import annotations

import sys
from pathlib import Path

from app.web.patch import patch_standard_library

patch_standard_library()

from app.web.server import ServeOptions, serve  # noqa: E402
from tests.unit.web.fakes import fake_backend  # noqa: E402


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    sys.exit(serve(ServeOptions(port=port, data_dir=Path(sys.argv[1]), say=say), fake_backend()))
