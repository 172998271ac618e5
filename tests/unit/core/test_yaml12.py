"""YAML 1.2 core values, marks and limits; robustness.md T1-T6."""

import json
import subprocess
import sys
import time
from typing import Any

import pytest

from app.core.errors import ManifestError, PodwalkError, Problems
from app.core.limits import limit
from app.core.yaml12 import load_documents


def data(text: str | bytes) -> Any:
    return load_documents(text, "t.yaml")[0].data


def refusal(text: str | bytes) -> str:
    with pytest.raises(PodwalkError) as caught:
        load_documents(text, "t.yaml")
    assert str(caught.value)
    return caught.value.headline()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("NO", "NO"), ("y", "y"),
        ("true", True), ("False", False), ("null", None), ("~", None), ("NULL", None),
        ("010", 10), ("0o10", 8), ("0x1F", 31), ("-7", -7), ("+7", 7), ("0b11", "0b11"), ("1_000", "1_000"),
        ("22:22", "22:22"), ("2024-01-01", "2024-01-01"), ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
        ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("1.", 1.0), ("1.34", 1.34), ("1.1.1", "1.1.1"),
        ("10.0.0.1", "10.0.0.1"),
        ("9223372036854775807", 2**63 - 1), ("-9223372036854775808", -(2**63)),
        ("=", "="), ("-", "-"), ("+", "+"), (".", "."),
        ('"010"', "010"), ("'true'", "true"), ('"\\u00e9"', "é"),
    ],
)  # fmt: skip
def test_a_scalar_means_what_yaml_1_2_core_says(text: str, value: object) -> None:
    if text == "-":
        text = '"-"'
    found = data(f"[{text}]")[0]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 9223372036854775808", "t.yaml:1:4: integer 9223372036854775808 does not fit 64 bits"),
        ("a: " + "9" * 5000, f"t.yaml:1:4: integer {'9' * 37}... does not fit 64 bits"),
        ("a: 1e400", "t.yaml:1:4: 1e400 is too large for a number"),
        ("a: .inf", "t.yaml:1:4: .inf is not a finite number"),
        ("a: -.INF", "t.yaml:1:4: -.INF is not a finite number"),
        ("a: .nan", "t.yaml:1:4: .nan is not a finite number"),
        ("a: 1\nb: 2\na: 3\n", "t.yaml:3:1: duplicate key 'a': line 3 repeats line 1"),
        ("{a: 1, 'a': 2}", "t.yaml:1:8: duplicate key 'a': line 1 repeats line 1"),
        ("80: x", "t.yaml:1:1: key 80 is not a string"),
        ("true: x", "t.yaml:1:1: key true is not a string"),
        ("~: x", "t.yaml:1:1: key ~ is not a string"),
        ("? [a]\n: 1", "t.yaml:1:3: a key must be a string, not a sequence"),
        ("a: &x b\n*x : 1", "t.yaml:2:1: a key must be a string, not an alias"),
        ("a: !!python/object/apply:os.system ['id']", "tag tag:yaml.org,2002:python/object/apply... is not supported"),
        ("a: !!int y", "t.yaml:1:4: tag tag:yaml.org,2002:int is not supported"),
        ("a: !!binary aGk=", "tag tag:yaml.org,2002:binary is not supported"),
        ("!!set {a, b}", "tag tag:yaml.org,2002:set is not supported"),
        ("a: !mine 1", "t.yaml:1:4: tag !mine is not supported"),
        ("a: &x {b: 1}\nc:\n  <<: *x", "t.yaml:3:3: merge keys (<<) are not supported"),
        ("a: *nope", "t.yaml:1:4: alias *nope has no anchor &nope before it"),
        ("&a [*a]", "t.yaml:1:5: alias *a stands inside the value that it names"),
        ("a: &x 1\n---\nb: *x", "t.yaml:3:4: alias *x has no anchor &x before it"),
        ("a: [1\nb: 2\n", "t.yaml:2:2: did not find expected ',' or ']'"),
        ("a:\n\t- b\n", "t.yaml:2:1: found character that cannot start any token"),
        ("a: b: c\n", "t.yaml:1:5: mapping values are not allowed in this context"),
        ("a: 'x", "t.yaml:1:6: found unexpected end of stream"),
        ("a: 1\nb: \x00", "t.yaml:2:4: character U+0000 is not allowed in YAML"),
        ("a: \ud800", "t.yaml:1:4: character U+D800 is not allowed in YAML"),
        (b"a: 1\nb: \xff", "t.yaml:2:4: byte 0xff is not UTF-8"),
        ("a: 1\n".encode("utf-16"), "t.yaml:1:1: byte 0xff is not UTF-8"),
    ],
    ids=lambda text: repr(text)[:40],
)  # fmt: skip
def test_a_refusal_says_where_and_what(text: str | bytes, says: str) -> None:
    assert says in refusal(text)


def test_the_hint_says_how_to_mend_a_tab() -> None:
    with pytest.raises(ManifestError) as caught:
        load_documents("a:\n\t- b\n", "t.yaml")
    assert caught.value.hint == "YAML indents with spaces; replace the tab"


def test_independent_mistakes_are_told_at_once() -> None:
    with pytest.raises(Problems) as caught:
        load_documents("a: 1\na: 2\nb: !x 1\n7: c\n", "t.yaml")
    assert [str(problem.at) for problem in caught.value.problems] == ["t.yaml:2:1", "t.yaml:3:4", "t.yaml:4:1"]


def test_no_more_than_the_limit_of_problems_is_told() -> None:
    with pytest.raises(Problems) as caught:
        load_documents("".join(f"{number}: x\n" for number in range(500)), "t.yaml")
    assert len(caught.value.problems) == limit("yaml.problems")


def test_the_quoted_merge_sign_is_an_ordinary_key() -> None:
    assert data('"<<": 1') == {"<<": 1}


def test_aliases_give_equal_values_that_share_nothing() -> None:
    value = data("a: &x [1, {b: 2}]\nc: *x\n")
    assert value == {"a": [1, {"b": 2}], "c": [1, {"b": 2}]}
    assert value["a"] is not value["c"]


def test_every_document_of_a_stream_is_read_and_empty_ones_are_left_out() -> None:
    assert [document.data for document in load_documents("# head\n---\na: 1\n---\n# nothing\n---\n[b]\n", "t")] == [
        {"a": 1},
        ["b"],
    ]
    assert load_documents("", "t") == ()
    assert load_documents("# only a comment\n", "t") == ()


def test_a_byte_order_mark_is_ignored() -> None:
    assert data(b"\xef\xbb\xbfa: 1") == {"a": 1}


def test_marks_name_line_and_column_of_keys_and_values() -> None:
    document = load_documents("kind: Cluster\nspec:\n  nodes:\n    - {name: a, ip: 10.0.0.1}\n", "t.yaml")[0]
    assert str(document.mark(("spec", "nodes", 0, "ip"))) == "t.yaml:4:21"
    assert document.mark(("spec", "nodes", 0, "ip")).length == len("10.0.0.1")
    assert str(document.key_mark(("spec", "nodes", 0, "ip"))) == "t.yaml:4:17"
    assert str(document.key_mark(("spec", "nodes", 0))) == "t.yaml:4:7"
    assert str(document.mark(("spec", "nodes", 0, "no", "such"))) == "t.yaml:4:7"
    assert document.mark(("kind",)).snippet == "kind: Cluster"


def test_a_mark_on_a_very_long_line_carries_a_piece_of_it() -> None:
    document = load_documents("{a: [" + "x, " * 10_000 + "y], b: here}", "t.yaml")[0]
    mark = document.mark(("b",))
    assert len(mark.snippet) <= 160
    assert mark.excerpt().splitlines()[1].count("^") == 4


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    ("inside", "outside", "says"),
    [
        (nested(limit("yaml.depth")), nested(limit("yaml.depth") + 1), "nested too deeply: more than 64 levels"),
        (
            "[&a x" + ", *a" * limit("yaml.aliases") + "]",
            "[&a x" + ", *a" * (limit("yaml.aliases") + 1) + "]",
            "too many aliases: more than 100",
        ),
        ("[" + "1," * (limit("yaml.nodes") - 1) + "]", "[" + "1," * limit("yaml.nodes") + "]", "too many values"),
        (
            "# " + "x" * (limit("yaml.bytes") - 7) + "\na: 1",
            "# " + "x" * (limit("yaml.bytes") - 6) + "\na: 1",
            "the file is longer than 1,048,576 bytes",
        ),
    ],
    ids=["depth", "aliases", "nodes", "bytes"],
)
def test_each_limit_holds_at_n_and_refuses_n_plus_1(inside: str, outside: str, says: str) -> None:
    assert load_documents(inside, "t")
    assert says in refusal(outside)


def bomb(levels: int, width: int) -> str:
    first = 'a0: &a0 ["x"]\n'
    return first + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]\n" for n in range(1, levels + 1))


def stairs(steps: int, height: int) -> str:
    """Aliases that nest: shallow in the file, deep when written out."""
    text = f"a0: &a0 {nested(height)}\n"
    return text + "".join(f"a{n}: &a{n} {'[' * height}*a{n - 1}{']' * height}\n" for n in range(1, steps + 1))


BOMBS = {
    "open sequences": "[" * 200_000,
    "closed sequences": nested(200_000),
    "open mappings": "{a: " * 200_000,
    "block sequences": "- " * 200_000,
    "complex keys": "? " * 200_000,
    "block levels": "".join(" " * n + "a:\n" for n in range(1, 1_300)),
    "nine to the ninth": bomb(9, 9),
    "two to the hundredth": bomb(49, 2),
    "aliases that nest": stairs(90, 50),
    "itself": "&a [*a]",
    "itself in a mapping": "&a {b: *a}",
    "merge keys": "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40)),
    "a million newlines": "\n" * 1_000_000,
    "quotes": "'" * 500_000,
    "anchors": "".join(f"&a{n} x\n" for n in range(50_000)),
    "one long key": "a" * 900_000 + ": 1",
    "colons": ":" * 500_000,
    "directives": "%YAML 1.2\n" * 50_000,
    "documents": "--- a\n" * 100_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_or_refused_at_once(name: str) -> None:
    started = time.process_time()
    try:
        documents = load_documents(BOMBS[name], "t")
        json.dumps([document.data for document in documents], allow_nan=False)
    except PodwalkError as error:
        assert len(str(error)) < 5_000  # noqa: PT017
    assert time.process_time() - started < 5.0


def test_two_hundred_kilobytes_of_brackets_end_within_milliseconds() -> None:
    started = time.process_time()
    assert "t.yaml:1:65: nested too deeply: more than 64 levels" in refusal("[" * 200_000)
    assert time.process_time() - started < 0.25


def test_the_process_survives_the_bombs_with_little_memory() -> None:
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "from app.core.errors import PodwalkError; from app.core.yaml12 import load_documents\n"
        "for text in ('[' * 200_000, '{a: ' * 200_000, sys.stdin.read()):\n"
        "    try: load_documents(text, 't'); print('read')\n"
        "    except PodwalkError: print('refused')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=bomb(9, 9), capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout.split()) == (0, ["refused"] * 3), done.stderr
