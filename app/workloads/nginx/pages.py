"""The pages of nginx: those of its errors as it writes them, and a welcome page in words of our own."""

from __future__ import annotations

import re

from app.kube.listens import image_tag
from app.workloads.http.message import reason_of

__all__ = ["DEFAULT_CONF", "WELCOME", "error_page", "version_of"]

#: The last release of each branch that has images.
BRANCHES = {
    "1.14": "1.14.2", "1.15": "1.15.12", "1.16": "1.16.1", "1.17": "1.17.10", "1.18": "1.18.0", "1.19": "1.19.10",
    "1.20": "1.20.2", "1.21": "1.21.6", "1.22": "1.22.1", "1.23": "1.23.4", "1.24": "1.24.0", "1.25": "1.25.5",
    "1.26": "1.26.3", "1.27": "1.27.5", "1.28": "1.28.0", "1.29": "1.29.3",
}  # fmt: skip
MAINLINE, STABLE = "1.29.3", "1.28.0"

WELCOME = """<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>This page stands in /usr/share/nginx/html/index.html of the container.
Whoever reads it has found the way to this web server; write another text
into that file, and the next visitor reads yours.</p>
</body>
</html>
"""
WENT_WRONG = """<!DOCTYPE html>
<html>
<head>
<title>Error</title>
</head>
<body>
<h1>Something went wrong.</h1>
<p>The server's error log says more.</p>
</body>
</html>
"""
DEFAULT_CONF = """server {
    listen       80;
    listen  [::]:80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
"""


def version_of(image: str) -> str:
    """Return the version of nginx in an image: by its tag; mainline where the tag does not tell."""
    tag = image_tag(image)
    numbers = re.match(r"1\.\d+(?:\.\d+)?", tag)
    if numbers is None:
        return STABLE if tag.startswith("stable") else MAINLINE
    return BRANCHES.get(numbers[0], numbers[0] if numbers[0].count(".") == 2 else f"{numbers[0]}.0")


def error_page(status: int, server: str) -> bytes:
    """Return the page that nginx makes for a status (ngx_http_special_response.c)."""
    title = f"{status} {reason_of(status)}".rstrip()
    rows = [f"<head><title>{title}</title></head>", "<body>", f"<center><h1>{title}</h1></center>"]
    return "\r\n".join(["<html>", *rows, f"<hr><center>{server}</center>", "</body>", "</html>", ""]).encode()
