"""Whether the kernel can be asked here."""

from __future__ import annotations

import subprocess
from functools import cache

NEEDED = (("unshare", "--net", "true"), ("iptables-restore", "--version"))


@cache
def why_not() -> str:
    """Return what stands in the way, "" where nothing does: exactly the two commands that CI goes by."""
    for argv in NEEDED:
        try:
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return f"{argv[0]} is not on this machine"
        if done.returncode != 0:
            return f"{' '.join(argv)}: {done.stderr.strip() or done.returncode}"
    return ""
