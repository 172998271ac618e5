"""Build hook: a wheel carries the pages, the lessons and the browser library; an editable install uses the checkout.

Needs `npm ci` before a wheel is built; says so where it was forgotten. app/core/assets.py is the reader.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TREES = ("static", "templates", "lessons", "docs/lessons")
VENDOR = "node_modules/socket.io-client/dist/socket.io.esm.min.js"


class AssetsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Puts the shared trees under `podwalk_assets/` of the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files to include; `version` is "standard" or "editable"."""
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        if not (root / VENDOR).is_file():
            message = f"{VENDOR} is missing: run `npm ci` first, then build the wheel again"
            raise FileNotFoundError(message)
        include = build_data["force_include"]
        include.update({str(root / tree): f"podwalk_assets/{tree}" for tree in TREES if (root / tree).is_dir()})
        include[str(root / VENDOR)] = f"podwalk_assets/vendor/{Path(VENDOR).name}"
