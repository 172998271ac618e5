"""The third law: same cluster file, same question, same seed, the same bytes, whatever the process's hash seed is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.core import assets

SENDER = "pod/default/my-nginx-1"
FLOWS = [
    ("delivered over the tunnel", "icmp://10.2.1.2", 0),
    ("a connection with a port drawn from the seed", "tcp://10.2.1.2:80", 0),
    ("refused", "tcp://10.2.1.2:81", 1),
    ("nobody has the address", "icmp://10.2.2.99", 1),
    ("an address that nobody on the LAN has", "udp://10.0.0.77:53", 1),
]


def trace(url: str, hash_seed: str, exit_code: int) -> bytes:
    lessons = assets.lessons_dir()
    files = [lessons / "clusters/tutorial-flannel.yaml", *sorted((lessons / "manifests").glob("*.yaml"))]
    names = [word for file in files for word in ("-f", str(file))]
    program = [sys.executable, "-m", "app", "trace", *names, "--from", SENDER, "--to", url, "--format", "json"]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        program, cwd=Path(__file__).parents[2], env=environment, capture_output=True, text=False, check=False
    )
    assert done.returncode == exit_code, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize(("url", "exit_code"), [flow[1:] for flow in FLOWS], ids=[flow[0] for flow in FLOWS])
def test_two_processes_write_the_same_trace(url: str, exit_code: int) -> None:
    first = trace(url, "1", exit_code)
    assert first.startswith(b'{"schema":')
    assert trace(url, "2", exit_code) == first
