"""What strerror(3) says of a system call that failed."""

from __future__ import annotations

__all__ = ["STRERROR"]

STRERROR = {
    "EPERM": "Operation not permitted", "EACCES": "Permission denied", "EINVAL": "Invalid argument",
    "ENETUNREACH": "Network is unreachable", "ECONNRESET": "Connection reset by peer",
    "ETIMEDOUT": "Connection timed out", "ECONNREFUSED": "Connection refused", "EHOSTUNREACH": "No route to host",
}  # fmt: skip
