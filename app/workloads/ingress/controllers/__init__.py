"""One file an ingress controller, registered under the end of its image's name."""

from __future__ import annotations

from app.core.registry import Registry
from app.workloads.ingress.router import Controller

__all__ = ["controllers"]

controllers = Registry[type[Controller]]("ingress controller", package="app.workloads.ingress.controllers")
