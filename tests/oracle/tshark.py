"""tshark, Wireshark's reader of captures: a second opinion on every byte that we write."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

BAD = (
    "_ws.malformed || ip.checksum.status==0 || tcp.checksum.status==0"
    " || udp.checksum.status==0 || icmp.checksum.status==0"
)
CHECKED = [f"{protocol}.check_checksum:TRUE" for protocol in ("ip", "tcp", "udp")]
#: flannel's port; Wireshark knows VXLAN by 4789.
FLANNEL_VXLAN = "udp.port==8472,vxlan"

#: Versions differ in how they spell flags.
SPELLINGS = {"True": "1", "False": "0", "0x00000001": "1", "0x00000002": "2"}


def require() -> None:
    """Skip where there is no tshark, unless this is CI, which must have one."""
    if shutil.which("tshark") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("tshark is not installed, and CI must have it (make tshark)")
        pytest.skip("tshark is not installed (make tshark, or Debian's package tshark)")


def run(file: Path, *words: str) -> list[str]:
    """Return the lines that tshark prints about `file`; a file that it cannot read to the end is a failure."""
    options = [word for preference in CHECKED for word in ("-o", preference)]
    command = ["tshark", "-n", "-r", str(file), "-d", FLANNEL_VXLAN, *options, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def fields(file: Path, *names: str) -> list[list[list[str]]]:
    """Return of each frame the values of each field, outermost layer first. Fragments are not joined."""
    words = [word for name in names for word in ("-e", name)]
    lines = run(file, "-o", "ip.defragment:FALSE", "-T", "fields", "-E", "separator=/t", "-E", "aggregator=;", *words)
    return [
        [[SPELLINGS.get(v, v) for v in cell.split(";")] if cell else [] for cell in line.split("\t")] for line in lines
    ]
