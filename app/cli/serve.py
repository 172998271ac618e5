"""`podwalk serve`: the pages on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = subparsers.add_parser("serve", help="serve the course and the sandbox to a browser")
    add = parser.add_argument
    many: dict[str, Any] = {"action": "append", "default": []}
    add("-f", "--file", dest="files", metavar="FILE", help="cluster file or manifest for the sandbox", **many)
    add("--host", default="127.0.0.1", help="address to listen on, 0.0.0.0 for a classroom (default: %(default)s)")
    add("--port", type=int, default=5000, help="a taken one gives the next free one, 0 any (default: %(default)s)")
    add("--origin", dest="origins", metavar="URL", help="further address of the pages, e.g. behind a proxy", **many)
    add("--data", type=Path, metavar="DIR", help="folder for progress (default: the user's data folder)")
    add("--lessons", metavar="DIR", help="folder of lessons added to the course (may be repeated)", **many)
    add("--open", action="store_true", help="open the page in a browser")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM; exit code 0. Raises PodwalkError for whatever the user can mend."""
    from app.web.patch import patch_standard_library

    patch_standard_library()  # first of all: sockets and locks made before it would block everybody

    from app.cli.inputs import open_cluster
    from app.web.server import ServeOptions, serve
    from app.web.storage import default_data_dir
    from app.web.wiring import open_backend

    options = ServeOptions(
        host=args.host,
        port=args.port,
        origins=tuple(args.origins),
        data_dir=args.data or default_data_dir(),
        on_ready=_open_browser if args.open else None,
        say=_say,
    )
    cluster = open_cluster(args.files) if args.files else None
    return serve(options, open_backend(args.lessons, cluster))


def _say(line: str) -> None:
    print(line, flush=True)


def _open_browser(url: str) -> None:
    import webbrowser

    webbrowser.open(url)
