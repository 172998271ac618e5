"""What nginx compares with its blocks: a request's host and path, and its regular expressions.

Source: nginx src/http/ngx_http_request.c (ngx_http_validate_host), ngx_http_parse.c (ngx_http_parse_complex_uri).
"""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import unquote_to_bytes

from app.core.regex import Regex, RegexProblem

__all__ = ["host_name", "normal_path", "pattern"]


def host_name(host: str) -> str:
    """Return nginx's $host of a Host header: lower case, without port and without the dot at its end."""
    name = host.strip().lower()
    bare = name.partition("]")[0] + "]" if name.startswith("[") else name.partition(":")[0]
    return bare.removesuffix(".")


def normal_path(uri: str) -> str:
    """Return nginx's $uri: without query, decoded, `.` and `..` followed, slashes merged."""
    path = unquote_to_bytes(uri.partition("?")[0].partition("#")[0]).decode("utf-8", "replace")
    kept: list[str] = []
    parts = path.split("/")
    for part in parts:
        if part == "..":
            del kept[-1:]
        elif part not in ("", "."):
            kept.append(part)
    ends = "/" if kept and parts[-1] in ("", ".", "..") else ""
    return "/" + "/".join(kept) + ends


@cache
def pattern(text: str, *, ignore_case: bool, is_anchored: bool = True) -> Regex | None:
    """Return what a pattern matches, from the beginning of the text if it is anchored, in time that does not explode.

    None, so no match, where it is no pattern or one with look-around or back-references.
    """
    plain = (
        re.sub(r"\(\?(?::|<\w+>)", "(", text.removeprefix("^"))
        .replace(r"\d", "[0-9]")
        .replace(r"[\w-]", "[[:alnum:]_-]")
    )
    try:
        return Regex(f"{'^' if is_anchored else ''}({plain})", extended=True, ignore_case=ignore_case)
    except RegexProblem:
        return None
