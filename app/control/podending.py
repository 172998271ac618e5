"""How a container's program takes its end: the preStop hook before it, and whether SIGTERM is heeded.

Source: Kubernetes pkg/kubelet/kuberuntime/kuberuntime_container.go (killContainer), KEP-3960; signal(7).
"""

from __future__ import annotations

from itertools import pairwise

from app.kube.bodies import list_at, mapping_at, value_at
from app.workloads.machine import Container

__all__ = ["heeds_sigterm", "prestop_us"]

SECOND_US = 1_000_000


def prestop_us(container: Container) -> int:
    """Return how long a preStop hook takes: that of `sleep N`, 0 for others. Source: KEP-3960 (the sleep action)."""
    hook = mapping_at(container.spec, "lifecycle", "preStop")
    seconds = value_at(hook, "sleep", "seconds")
    if isinstance(seconds, int):
        return seconds * SECOND_US
    words = " ".join(str(word) for word in list_at(hook, "exec", "command")).replace("sh -c", "").split()
    number = next((after for word, after in pairwise(words) if word.rpartition("/")[2] == "sleep"), "0")
    return int(float(number) * SECOND_US) if number.replace(".", "", 1).isdecimal() else 0


def heeds_sigterm(container: Container) -> bool:
    """Whether the program ends by SIGTERM: as PID 1 only those that handle it do, and a shell or sleep does not."""
    first = container.command[:1]
    return not first or first[0].rpartition("/")[2] not in ("sh", "bash", "ash", "sleep", "tail", "cat")
