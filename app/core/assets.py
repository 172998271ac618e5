"""Where pages, lessons and the browser library lie: in a checkout, or beside an installed wheel.

    checkout   ROOT/static  ROOT/templates  ROOT/lessons  ROOT/node_modules/socket.io-client/dist/
    wheel      site-packages/podwalk_assets/{static,templates,lessons,vendor}   (put there by hatch_build.py)

Nothing is fetched, nothing is written: the program works without a network.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_CHECKOUT = _PACKAGE.parent
_INSTALLED = _CHECKOUT / "podwalk_assets"
_CHECKOUT_VENDOR = "node_modules/socket.io-client/dist"


def _is_installed() -> bool:
    return _INSTALLED.is_dir()


def _root() -> Path:
    return _INSTALLED if _is_installed() else _CHECKOUT


def static_dir() -> Path:
    """Return the folder served under /static (css, js, locales)."""
    return _root() / "static"


def templates_dir() -> Path:
    """Return the folder of the Jinja templates."""
    return _root() / "templates"


def lessons_dir() -> Path:
    """Return the folder of the built-in course (course.yaml, tracks, clusters)."""
    return _root() / "lessons"


def vendor_dir() -> Path:
    """Return the folder of the browser library `socket.io.esm.min.js`; the file is absent until `npm ci` has run."""
    return _INSTALLED / "vendor" if _is_installed() else _CHECKOUT / _CHECKOUT_VENDOR
