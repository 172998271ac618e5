"""What a web application is told when it is made. Nothing is read from the environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.web.origins import check_origins

AsyncMode = Literal["gevent", "threading"]


@dataclass(frozen=True, slots=True)
class WebConfig:
    """Settings of one application.

    `origins`: the exact origins whose pages may open a socket. `data_dir`: where progress is kept, None for memory.
    `async_mode` is "threading" in unit tests only.
    """

    origins: tuple[str, ...]
    data_dir: Path | None = None
    async_mode: AsyncMode = "gevent"

    def __post_init__(self) -> None:
        object.__setattr__(self, "origins", check_origins(self.origins))
