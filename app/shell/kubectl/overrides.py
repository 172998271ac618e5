"""`--overrides`: a JSON document that is merged into what a generator made.

Source: kubectl pkg/cmd/util/override_options.go.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.kube.patches import merge_patch
from app.shell.kubectl.call import KubectlCall
from app.shell.kubectl.errors import error
from app.shell.kubectl.generators.body import Body
from app.shell.result import not_modelled

__all__ = ["overridden"]


def overridden(call: KubectlCall, body: Body) -> Body:
    """Return a generated manifest with --overrides in it."""
    text = call.flags.text("overrides")
    if not text:
        return body
    if call.flags.text("override-type") != "merge":
        raise not_modelled(f"--override-type={call.flags.text('override-type')}", "the default, merge, is")
    try:
        patch = json.loads(text)
    except ValueError:
        raise error("Invalid JSON Patch") from None
    merged: Any = merge_patch(body, patch)
    if not isinstance(merged, Mapping):
        raise error("Invalid JSON Patch")
    return dict(merged)
