"""One file = one plugin: a registry loads every module of a package once and knows the names they register.

cni = Registry[type[CniPlugin]]("CNI plugin", package="app.control.cni")

@cni.register("flannel")          # in app/control/cni/flannel.py
class Flannel: ...

cni.get("flanel")                 # UsageError: unknown CNI plugin 'flanel'; did you mean 'flannel'? (legal: flannel)
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Generic, TypeVar

from app.core.errors import ManifestError, Mark, UsageError, did_you_mean, listing

T = TypeVar("T")


class Registry(Generic[T]):
    """Named plugins of one kind.

    `kind` is the noun of messages ("CNI plugin"). `package`, if given, is imported with all its modules, in the order
    of their names, when a name is first asked for; adding a plugin is adding a file.
    """

    def __init__(self, kind: str, package: str = "") -> None:
        self.kind = kind
        self.package = package
        self._plugins: dict[str, T] = {}
        self._loaded = not package

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that puts a class or function under `name`. The same name twice is a ValueError."""

        def put(plugin: T) -> T:
            if name in self._plugins:
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            self._plugins[name] = plugin
            return plugin

        return put

    def get(self, name: str, at: Mark | None = None) -> T:
        """Return the plugin called `name`.

        Otherwise ManifestError with the place if `at` is given, UsageError if not; both name the legal values and the
        nearest.
        """
        self._load()
        if name in self._plugins:
            return self._plugins[name]
        message = f"unknown {self.kind} '{name}'{did_you_mean(name, self._plugins)}"
        hint = f"legal: {listing(self.names())}"
        raise ManifestError(message, hint=hint, at=at) if at else UsageError(message, hint=hint)

    def names(self) -> tuple[str, ...]:
        """Return every name, sorted."""
        self._load()
        return tuple(sorted(self._plugins))

    def __contains__(self, name: str) -> bool:
        self._load()
        return name in self._plugins

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        package = importlib.import_module(self.package)
        for module in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
            importlib.import_module(f"{self.package}.{module}")
