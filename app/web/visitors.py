"""Who a visitor is: a random 128-bit id in an HttpOnly cookie. No name, no address, nothing else is known of them."""

from __future__ import annotations

import re
import secrets
from http.cookies import CookieError, SimpleCookie

from flask import Response

_ID = re.compile(r"[0-9a-f]{32}\Z")
_YEAR_SECONDS = 365 * 24 * 3600
COOKIE = "podwalk_id"


def new_id() -> str:
    """Return a fresh id: 128 random bits in hex."""
    return secrets.token_hex(16)


def cookie_name(*, https: bool) -> str:
    """Return the cookie's name; over https the `__Host-` prefix keeps other hosts of the domain from setting it."""
    return f"__Host-{COOKIE}" if https else COOKIE


def visitor_of(cookies: str, *, https: bool) -> str | None:
    """Return the visitor id in a Cookie header, None if there is none or it is not one of ours."""
    try:
        found = SimpleCookie(cookies).get(cookie_name(https=https))
    except CookieError:
        return None
    return found.value if found is not None and _ID.match(found.value) else None


def remember(response: Response, visitor: str, *, https: bool) -> None:
    """Set the cookie on a page."""
    response.set_cookie(
        cookie_name(https=https), visitor, max_age=_YEAR_SECONDS, path="/", httponly=True, secure=https, samesite="Lax"
    )
