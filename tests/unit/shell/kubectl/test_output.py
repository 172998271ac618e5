"""The output forms by themselves: YAML as go-yaml writes it, tabwriter's columns, amounts."""

from __future__ import annotations

import pytest

from app.kube.quantity import Quantity
from app.shell.kubectl.output.layout import layout, tabbed
from app.shell.kubectl.output.yamltext import sorted_keys, to_yaml
from tests.unit.shell.kubectl.cluster import said


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("true", '"true"'), ("yes", '"yes"'), ("", '""'), ("12", '"12"'), ("1e3", '"1e3"'), ("0x1f", '"0x1f"'),
        ("1:30", '"1:30"'), ("2026-01-01T00:00:00Z", '"2026-01-01T00:00:00Z"'), ("10.2.0.0/16", "10.2.0.0/16"),
        ("a: b", "'a: b'"), ("*", "'*'"), ("- x", "'- x'"), ("500m", "500m"), ("null", '"null"'), ("y", '"y"'),
        (7, "7"), (True, "true"), (None, "null"), ([], "[]"), ({}, "{}"), ("line\nnext\n", "|\n  line\n  next"),
    ],
)  # fmt: skip
def test_a_value_is_quoted_as_go_yaml_quotes_it(value: object, text: str) -> None:
    assert to_yaml({"a": value}) == f"a: {text}\n"


def test_keys_are_sorted_by_number_where_they_hold_one() -> None:
    assert sorted_keys(dict.fromkeys(["a10", "a2", "b", "a-c", "ab"])) == ["a-c", "a2", "a10", "ab", "b"]


def test_columns_end_where_a_line_has_none() -> None:
    assert layout([["NAME", "AGE"], ["web", "5m"]]) == "NAME   AGE\nweb    5m\n"
    assert tabbed("a\tb\nlonger\tc\nalone\nx\ty") == "a       b\nlonger  c\nalone\nx  y"


@pytest.mark.parametrize(
    ("terms", "total"),
    [(["250m", "750m"], "1"), (["64Mi", "64Mi"], "128Mi"), (["1Gi", "512Mi"], "1536Mi"), (["0", "1G"], "1G"), (["x"], "0")],
)  # fmt: skip
def test_amounts_add_up_in_their_own_suffixes(terms: list[str], total: str) -> None:
    assert str(sum((Quantity.parse(term) for term in terms), Quantity())) == total


def test_api_versions_follow_the_clusters() -> None:
    assert "extensions/v1beta1\n" in said("api-versions", version="1.19").stdout
    assert "extensions/v1beta1\n" not in said("api-versions", version="1.34").stdout
