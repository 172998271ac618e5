"""What a terminal shows of an error."""

import pytest

from app.core.errors import ManifestError, Mark, PodwalkError, Problems, Related, listing, nearest, raise_problems


def test_an_error_shows_place_line_caret_and_hint() -> None:
    at = Mark("cluster.yaml", 12, 9, "        too: svc/web", 3)
    error = ManifestError("unknown key 'too'; did you mean 'to'?", hint="legal: from, to", at=at)
    assert str(error) == (
        "cluster.yaml:12:9: unknown key 'too'; did you mean 'to'?\n"
        "   12 |         too: svc/web\n"
        "      |         ^^^\n"
        "      = hint: legal: from, to"
    )


def test_a_second_place_is_shown_with_what_it_says() -> None:
    error = ManifestError(
        "too far", at=Mark("a.yaml", 3, 1, "x: 1"), related=[Related(Mark("a.yaml", 1, 4, "y: 2"), "set here")]
    )
    assert "a.yaml:1:4: set here\n    1 | y: 2\n      |    ^" in str(error)


def test_an_error_without_a_place_is_its_message() -> None:
    assert str(PodwalkError("no such file")) == "no such file"


def test_control_characters_never_reach_the_terminal() -> None:
    error = ManifestError("bad \x1b[31m name", at=Mark("a\x07.yaml", 1, 1, "x: \x9b31m"))
    assert "\x1b" not in str(error)
    assert "\x9b" not in str(error)
    assert "\x07" not in str(error)


def test_a_caret_under_a_cut_line_stands_under_its_word() -> None:
    excerpt = Mark("a", 1, 105, "..word..", 4, snippet_offset=102).excerpt()
    assert excerpt.splitlines()[1] == "      |   ^^^^"


def test_several_problems_are_told_at_once_in_the_order_given() -> None:
    problems = [ManifestError("first", at=Mark("a", 1, 1)), ManifestError("second", at=Mark("a", 2, 1))]
    with pytest.raises(Problems) as caught:
        raise_problems(problems)
    assert str(caught.value) == "a:1:1: first\n\na:2:1: second"
    assert caught.value.problems == tuple(problems)
    with pytest.raises(ManifestError, match="first"):
        raise_problems(problems[:1])
    raise_problems([])


@pytest.mark.parametrize(
    ("word", "legal", "near"),
    [
        ("nodeNmae", ["nodeName", "nodeSelector"], "nodeName"),
        ("flanel", ["flannel", "calico"], "flannel"),
        ("PODCIDR", ["podCIDR", "serviceCIDR"], "podCIDR"),
        ("xyzzy", ["flannel"], None),
        ("", ["flannel"], None),
    ],
)
def test_the_nearest_name_is_offered_only_when_it_is_near(word: str, legal: list[str], near: str | None) -> None:
    assert nearest(word, legal) == near


def test_a_listing_reads_as_a_sentence() -> None:
    assert [listing(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a or b", "a, b or c"]
