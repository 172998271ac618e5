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


PODS = "".join(
    f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{n}, annotations: {{big: '{n}{'0' * 5000}'}}}}\nspec: {{containers: [{{name: c, image: i}}]}}\n"
    for n in (2, 1)
)


@pytest.mark.parametrize(
    "template",
    [
        "go-template='{{range .items}}" + "{{range $.items}}" * 10 + "{{$}}" + "{{end}}" * 11 + "'",
        "jsonpath='" + "{range $.items[*]}" * 11 + "{$}" + "{end}" * 11 + "'",
    ],
)
def test_what_a_template_prints_counts_as_well(template: str) -> None:
    assert "more than 500,000 steps" in said(f"get po -o {template}", PODS).stderr


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("go-template='{{index .items -1}}'", "error calling index: index out of range: -1"),
        ("jsonpath='{.items[" + "9" * 4000 + "]}'", "unterminated array"),
    ],
)
def test_a_template_that_is_no_sense_is_refused(template: str, text: str) -> None:
    assert text in said(f"get po -o {template}", PODS).stderr


def test_fields_of_printf_are_no_wider_than_gos() -> None:
    assert (
        said("""get po -o go-template='{{printf "%1000000000d|%3s|%-3s|" 1 2 3}}'""").stdout == "%!(BADWIDTH)1|  2|3  |"
    )


def test_numbers_of_any_length_sort_by_their_value() -> None:
    assert said("get po -o name --sort-by=.metadata.annotations.big", PODS).stdout == "pod/p1\npod/p2\n"


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ("a>x", 'unable to parse requirement: key: Invalid value: "a>x": name part must consist of'),
        ("a=²", 'unable to parse requirement: values[0][²]: Invalid value: "²": a valid label must be'),
        ("a in (b,c d)", 'values[1][c d]: Invalid value: "c d": a valid label must be'),
        (f"a={'b' * 64}", "must be no more than 63 characters"),
    ],
)
def test_a_selector_that_no_label_can_fulfil_is_refused(selector: str, text: str) -> None:
    refused = said(f"get po -l '{selector}'")
    assert refused.exit_code == 1
    assert text in refused.stderr
