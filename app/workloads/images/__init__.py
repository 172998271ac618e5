"""Images, one file each; the registry finds them by the image's name, registry and tag ignored.

An image that is not here runs a program that does nothing, and the sockets of app.kube.listens echo what comes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from app.core.registry import Registry
from app.kube.listens import image_name
from app.workloads.machine import Container, World

__all__ = ["Image", "image_of", "images"]


class Image(ABC):
    """What a container of this image does. One instance a container."""

    def __init__(self, container: Container, world: World) -> None:
        self.container = container
        self.world = world

    @abstractmethod
    def start(self) -> None:
        """Begin: open sockets with `container.listen`, write files and log. ValueError: a port is taken."""

    def stop(self) -> None:  # noqa: B027  (most have nothing to put away)
        """End: the container's sockets are closed before this is called."""


images: Registry[type[Image]] = Registry("image", package="app.workloads.images")


def image_of(reference: str) -> type[Image] | None:
    """Return what an image reference names: the longest tail of its path that is registered, else None."""
    parts = image_name(reference).split("/")
    known = images.names()
    return next((images.get(tail) for start in range(len(parts)) if (tail := "/".join(parts[start:])) in known), None)
