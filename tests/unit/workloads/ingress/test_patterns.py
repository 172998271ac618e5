"""Patterns of an Ingress's paths: what nginx would match, and none that holds the cluster up."""

from __future__ import annotations

import pytest

from app.workloads.ingress.nginx import Location


@pytest.mark.parametrize(
    ("pattern", "path", "is_match"),
    [
        ("/a(/|$)(.*)", "/a/b", True), ("/a(/|$)(.*)", "/ab", False), (r"/v\d+", "/V12", True), ("/(?:a|b)", "/b", True),
        ("/(a+)+$", "/" + "a" * 60 + "!", False), ("/(.*)*(.*)*x", "/" + "a" * 60, False), ("/[", "/[", False),
    ],
)  # fmt: skip
def test_a_pattern_matches_from_the_beginning_and_ends(pattern: str, path: str, is_match: bool) -> None:
    assert Location(pattern, "~*").matches(path) is is_match
