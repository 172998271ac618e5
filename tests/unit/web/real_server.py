"""`podwalk serve` in a process of its own: `python -m tests.unit.web.real_server DATA [PORT] [ARGUMENTS]`."""

from __future__ import annotations

import sys

from app.cli import main

if __name__ == "__main__":
    data, port, *rest = sys.argv[1:]
    sys.exit(main(["serve", "--data", data, "--port", port, *rest]))
