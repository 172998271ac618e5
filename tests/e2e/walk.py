"""What `podwalk trace` prints for a question, and the captions it gets in a language: the measure of every page."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
from typing import Any

from tests.e2e.server import ROOT
from tests.e2e.visitor import Lang

Json = Any
LOCALES = {"zh": "zh-CN", "en": "en"}
TUTORIAL = "lessons/clusters/tutorial-flannel.yaml"
TWO_PODS = (TUTORIAL, "tests/e2e/data/pinned-pods.yaml")
"""The cluster of the lessons with my-nginx-1 and my-nginx-2."""
THREE_PODS = (*TWO_PODS, "lessons/manifests/my-nginx-13.yaml")
"""The cluster of the last lesson, which is the sandbox's when no other is given."""
ORACLE = ("tests/oracle/cluster-vxlan.yaml",)
"""The cluster of the kernel captures."""
WEB = ("tests/e2e/data/web.yaml",)
"""Web servers behind Services and an Ingress, with a DNS."""


@functools.cache
def trace(files: tuple[str, ...], sender: str, to: str, *options: str) -> Json:
    """Run `podwalk trace` and return its JSON; a flow that was not delivered (exit code 1) is an answer too."""
    named = [part for file in files for part in ("-f", file)]
    command = [sys.executable, "-m", "app", "trace", *named, "--from", sender, "--to", to, "--format", "json", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode in {0, 1}, done.stderr
    return json.loads(done.stdout)


@functools.cache
def strings(lang: Lang, name: str) -> Json:
    """Return static/locales/LOCALE/NAME.json."""
    return json.loads((ROOT / "static" / "locales" / LOCALES[lang] / f"{name}.json").read_text(encoding="utf-8"))


def ui(lang: Lang, key: str, **params: object) -> str:
    """Return a string of the page in `lang`."""
    return fill(strings(lang, "ui")[key], params)


def caption(hop: Json, lang: Lang) -> str:
    """Return the sentence of one hop in `lang`."""
    return fill(strings(lang, "captions")["hop"][hop["caption"]["code"]], hop["caption"]["params"])


def fill(template: str, params: Json) -> str:
    """Replace `{name}` by the parameter; an unknown name stays."""
    return re.sub(r"\{([A-Za-z_][\w.-]*)\}", lambda found: shown(params.get(found[1], found[0])), template)


def shown(value: object) -> str:
    """Return a value as JavaScript writes it; null is nothing."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
