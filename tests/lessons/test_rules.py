"""Every code that a finding can have is explained on its own page, in both languages, with examples that are YAML."""

import re
from pathlib import Path

import pytest

from app.core.errors import UsageError
from app.core.yaml12 import load_documents
from app.curriculum.rules import codes, explain, rules_dir

PACKAGE = Path(__file__).resolve().parents[2] / "app" / "curriculum"
EMITTED = sorted(
    {code for path in PACKAGE.glob("*.py") for code in re.findall(r'"([EW]\d{3})"', path.read_text(encoding="utf-8"))}
)


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert codes() == EMITTED


@pytest.mark.parametrize("code", EMITTED)
def test_a_page_says_why_in_both_languages_and_shows_a_bad_and_a_good_example(code: str) -> None:
    page = explain(code)
    assert page.startswith(f"# {code}: ")
    for heading in ("## 中文", "## English", "## 错误 / Bad", "## 正确 / Good"):
        assert page.count(f"\n{heading}\n") == 1, heading
    bad, good = re.findall(r"```yaml\n(.*?)\n```", page, re.DOTALL)
    assert bad != good
    load_documents(good, f"{code}.md")


def test_an_unknown_code_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'E402'"):
        explain("E4O2")
    assert explain("e402") == (rules_dir() / "E402.md").read_text(encoding="utf-8")
