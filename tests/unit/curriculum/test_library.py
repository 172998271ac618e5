"""The index of lessons: folders, their order, who wins, and what never leaves a folder."""

from pathlib import Path

import pytest

from app.core.assets import lessons_dir
from app.core.errors import UsageError
from app.curriculum.library import Library
from app.web.wiring import open_backend


def _copy(target: Path, title: str) -> None:
    text = (lessons_dir() / "basics" / "how-to-read.yaml").read_text(encoding="utf-8")
    target.write_text(text.replace('en: "How to read this picture"', f'en: "{title}"'), encoding="utf-8")


def test_an_added_folder_wins_and_says_so(tmp_path: Path) -> None:
    _copy(tmp_path / "how-to-read.yaml", "Mine")
    library = Library.open([tmp_path])
    (notice,) = library.notices
    assert notice.startswith("lesson 'how-to-read': ")
    assert str(tmp_path / "how-to-read.yaml") in notice
    assert "wins over" in notice
    assert library.cards()[0]["title"]["en"] == "Mine"


def test_new_lessons_come_after_the_course(tmp_path: Path) -> None:
    text = (lessons_dir() / "basics" / "how-to-read.yaml").read_text(encoding="utf-8")
    (tmp_path / "another.yaml").write_text(text.replace("id: how-to-read", "id: another"), encoding="utf-8")
    cards = Library.open([tmp_path]).cards()
    assert [card["id"] for card in cards][-1] == "another"
    assert cards[0]["requires"] == []


def test_a_broken_lesson_is_told_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("schema: podwalk-lesson/v1\nid: broken\n", encoding="utf-8")
    library = Library.open([tmp_path])
    assert "broken" not in library.playable()
    assert {finding.code for finding in library.broken()} == {"E203"}
    with pytest.raises(UsageError, match="cannot be played"):
        library.get("broken")


def test_who_serves_the_course_is_told_of_lessons_that_are_missing_or_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("schema: podwalk-lesson/v1\nid: broken\n", encoding="utf-8")
    text = (lessons_dir() / "basics" / "how-to-read.yaml").read_text(encoding="utf-8")
    unbuilt = text.replace("id: how-to-read", "id: unbuilt").replace("ip: 10.2.2.48", "ip: 10.9.9.9")
    (tmp_path / "unbuilt.yaml").write_text(unbuilt, encoding="utf-8")
    first, second = sorted(open_backend([str(tmp_path)], None).notices)
    assert "broken.yaml:1:1: error E203 key 'title' is missing" in first
    assert "unbuilt.yaml:20:25: error E308" in second


def test_a_draft_can_be_played_but_is_not_in_the_course(tmp_path: Path) -> None:
    text = (lessons_dir() / "basics" / "how-to-read.yaml").read_text(encoding="utf-8")
    draft = text.replace("id: how-to-read", "id: sketch\nstatus: draft")
    (tmp_path / "sketch.yaml").write_text(draft, encoding="utf-8")
    library = Library.open([tmp_path])
    assert "sketch" not in library.playable()
    assert library.get("sketch").id == "sketch"


def test_a_link_out_of_the_folder_is_no_lesson(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("secret", encoding="utf-8")
    folder = tmp_path / "lessons"
    folder.mkdir()
    (folder / "link.yaml").symlink_to(outside)
    assert "link" not in Library.open([folder]).readings


def test_a_folder_that_is_not_there_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no folder 'nowhere'"):
        Library.open(["nowhere"])
