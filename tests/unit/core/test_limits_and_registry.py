"""Every limit says why it exists; every registry names what it knows."""

import itertools
import re
import sys
from pathlib import Path

import pytest

from app.core.errors import ManifestError, Mark, UsageError
from app.core.limits import LIMITS_FILE, all_limits, limit
from app.core.registry import Registry


def test_every_limit_has_a_comment_that_says_why() -> None:
    lines = LIMITS_FILE.read_text(encoding="utf-8").splitlines()
    bare = [line for above, line in itertools.pairwise(lines) if re.match(r"\w+ *=", line) and above[:1] != "#"]
    assert bare == []


def test_a_limit_is_a_positive_number_and_an_unknown_one_is_refused() -> None:
    assert min(all_limits().values()) > 0
    with pytest.raises(KeyError):
        limit("yaml.nothing")


def make_registry() -> Registry[str]:
    registry: Registry[str] = Registry("proxy mode")
    registry.register("iptables")("one")
    registry.register("nftables")("two")
    return registry


def test_an_unknown_plugin_names_the_legal_ones_and_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        make_registry().get("iptable")
    assert str(caught.value) == (
        "unknown proxy mode 'iptable'; did you mean 'iptables'?\n      = hint: legal: iptables or nftables"
    )
    with pytest.raises(ManifestError, match="unknown proxy mode 'x'") as placed:
        make_registry().get("x", at=Mark("c.yaml", 4, 2))
    assert placed.value.headline().startswith("c.yaml:4:2: ")


def test_a_name_can_be_registered_once() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        make_registry().register("iptables")("again")


def test_one_file_is_one_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "plugins_of_test"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from app.core.registry import Registry\nkinds = Registry('kind', package='plugins_of_test')\n"
    )
    for name in ("beta", "alpha"):
        (package / f"{name}.py").write_text(f"from plugins_of_test import kinds\nkinds.register('{name}')('{name}!')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    kinds = __import__("plugins_of_test").kinds
    assert kinds.names() == ("alpha", "beta")
    assert kinds.get("alpha") == "alpha!"
    assert "beta" in kinds
    for name in [name for name in sys.modules if name.startswith("plugins_of_test")]:
        monkeypatch.delitem(sys.modules, name)
