"""Moments as HTTP and as log files write them."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.workloads.machine import World

__all__ = ["common_log_time", "error_log_time", "http_date", "now_of"]

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def now_of(world: World) -> datetime:
    """Return the model's present."""
    return world.spec.clock + timedelta(microseconds=world.clock.now_us)


def http_date(moment: datetime) -> str:
    """Return `Thu, 01 Jan 2026 00:00:00 GMT` (RFC 9110, section 5.6.7)."""
    return f"{DAYS[moment.weekday()]}, {moment:%d} {MONTHS[moment.month - 1]} {moment:%Y %H:%M:%S} GMT"


def common_log_time(moment: datetime) -> str:
    """Return `01/Jan/2026:00:00:00 +0000`."""
    return f"{moment:%d}/{MONTHS[moment.month - 1]}/{moment:%Y:%H:%M:%S} +0000"


def error_log_time(moment: datetime) -> str:
    """Return `2026/01/01 00:00:00`, as nginx's error log and Go's log package write it."""
    return f"{moment:%Y/%m/%d %H:%M:%S}"
