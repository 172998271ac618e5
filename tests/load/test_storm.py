"""A short storm against the server with fakes below it: nobody is refused, a flooder is closed and nobody notices."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.load import storm
from tests.unit.web.livetools import LiveServer


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_class_is_answered_while_one_of_them_floods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storm, "QUESTION", '["step.enter",{"lesson":"first","step":"predict"}]')
    with LiveServer.start(tmp_path) as server:
        tally = asyncio.run(storm.storm(server.port, clients=40, seconds=2, with_flood=True))
    assert tally.errors == 0
    assert len(tally.answered) >= 40
    assert tally.flooder_closed is not None
