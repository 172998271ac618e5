"""Security headers on every response, `/socket.io` and errors included: an outer WSGI middleware.

Flask's `after_request` does not see what Socket.IO answers, so the headers are set outside of both.
Source: W3C CSP Level 3, Fetch (CORP), HTML (COOP), W3C Permissions Policy.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from app.web.origins import is_https

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WSGIApp = Callable[[Environ, StartResponse], Iterable[bytes]]

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",  # CSP3: 'self' matches ws and wss of the same host and port
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_UNUSED_FEATURES = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "geolocation", "gyroscope",
    "hid", "magnetometer", "microphone", "midi", "payment", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
SECURITY_HEADERS: tuple[tuple[str, str], ...] = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", ", ".join(f"{name}=()" for name in _UNUSED_FEATURES)),
    ("Referrer-Policy", "no-referrer"),
)
HSTS = ("Strict-Transport-Security", "max-age=31536000")
_OURS = frozenset(name.lower() for name, _ in (*SECURITY_HEADERS, HSTS)) | {"server"}
_CORS = frozenset({"access-control-allow-origin", "access-control-allow-credentials", "access-control-allow-headers"})


def secured(headers: Iterable[tuple[str, str]], *, https: bool = False) -> list[tuple[str, str]]:
    """Return `headers` with ours in place of any of the same name; cross-origin permissions are taken out.

    python-engineio adds Access-Control-Allow-* and echoes the request's header names: nothing here is shared
    across origins, so none of them leaves.
    """
    kept = [(name, value) for name, value in headers if name.lower() not in _OURS | _CORS]
    return [*kept, *SECURITY_HEADERS, *([HSTS] if https else [])]


class SecurityHeaders:
    """Adds the security headers to whatever the wrapped application answers."""

    def __init__(self, app: WSGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = origins

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""

        https = is_https(str(environ.get("HTTP_HOST", "")), self._origins)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, secured(headers, https=https), *rest)

        return self._app(environ, start)
