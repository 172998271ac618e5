"""Ages as Kubernetes prints them. Source: apimachinery, pkg/util/duration/duration.go, HumanDuration()."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

__all__ = ["ago", "human_duration", "nanoseconds", "since"]

_SECOND = 10**9
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def nanoseconds(time: object) -> int | None:
    """Return an RFC 3339 time in nanoseconds since 1970; None where it is none."""
    if isinstance(time, datetime):
        return (time - _EPOCH) // timedelta(microseconds=1) * 1000
    found = _RFC3339.fullmatch(time) if isinstance(time, str) else None
    if found is None:
        return None
    try:
        whole = datetime.fromisoformat(found[1] + found[3].upper())
    except ValueError:
        return None
    return (whole - _EPOCH) // timedelta(seconds=1) * _SECOND + int((found[2] or "").ljust(9, "0"))


def since(time: object, now: datetime) -> str:
    """Return how long ago `time` was: `5m`; `<unknown>` where there is no time."""
    then, present = nanoseconds(time), nanoseconds(now)
    return "<unknown>" if then is None or present is None else human_duration(present - then)


def ago(time: object, now: datetime) -> str:
    """Return `5m ago`, or nothing where there is no time."""
    return f"{since(time, now)} ago" if nanoseconds(time) is not None else ""


def human_duration(duration: int) -> str:
    """Return a duration in nanoseconds as Kubernetes rounds it: 119s, 2m, 9m59s, 10m, 3h, 7h59m, 7d23h, 8d, 2y1d."""
    seconds = abs(duration) // _SECOND * (1 if duration > 0 else -1)
    if seconds < 0:
        return "<invalid>" if seconds < -1 else "0s"
    minutes, hours = seconds // 60, seconds // 3600
    days = hours // 24
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return f"{minutes}m{_rest(seconds % 60, 's')}"
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{_rest(minutes % 60, 'm')}"
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return f"{days}d{_rest(hours % 24, 'h')}"
    if days < 730:
        return f"{days}d"
    return f"{days // 365}y{_rest(days % 365, 'd') if days < 2920 else ''}"


def _rest(number: int, unit: str) -> str:
    return f"{number}{unit}" if number else ""
