"""nginx's choice of a location: ngx_http_core_find_location()."""

from __future__ import annotations

import pytest

from app.workloads.nginx.config import location_of, parse

CONF = r"""
server {
    location / { return 200 all; }
    location = /exact { return 200 exact; }
    location ^~ /static/ { return 200 static; }
    location ~ \.php$ { return 200 php; }
    location ~* \.(gif|jpg)$ { return 200 image; }
    location ~ ^/api/v\d+/ { return 200 api; }
}
"""


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/", "all"), ("/exact", "exact"), ("/exact/", "all"), ("/x.php", "php"), ("/x.PHP", "all"),
        ("/static/x.php", "static"), ("/x.JPG", "image"), ("/api/v12/x", "api"), ("/a/api/v1/", "all"),
        ("/x.phpx", "all"),
    ],
)  # fmt: skip
def test_location(path: str, said: str) -> None:
    found = location_of(parse(CONF)[0], path)
    assert found is not None and found.returned == (200, said)
