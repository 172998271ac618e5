"""The real server with fakes below it, in a process of its own.

`python -m tests.unit.web.fake_server DATA [PORT] [LIMIT=NUMBER]...`
."""

from __future__ import annotations

import sys
from pathlib import Path

from app.web.patch import patch_standard_library

patch_standard_library()

from app.core.limits import all_limits  # noqa: E402
from app.web.server import ServeOptions, serve  # noqa: E402
from tests.unit.web.fakes import fake_backend  # noqa: E402


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    for setting in sys.argv[3:]:  # e.g. socket.hello_seconds=1
        name, _, value = setting.partition("=")
        all_limits()[name] = int(value)
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    sys.exit(serve(ServeOptions(port=port, data_dir=Path(sys.argv[1]), say=say), fake_backend()))
