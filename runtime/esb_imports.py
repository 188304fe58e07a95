"""Calls a function after a module was imported, without importing it: `after_import("logging", callback)`."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # importing typing would cost more than all of this
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

waiting: dict[str, Callable[[ModuleType], None]] = {}


def after_import(name: str, callback: Callable[[ModuleType], None]) -> None:
    """Call `callback(module)` once: now if the module is imported, else after it was executed.

    The `import` statement raises the exceptions of the callback.
    """
    if name in sys.modules:
        callback(sys.modules[name])
        return
    waiting[name] = callback
    if finder not in sys.meta_path:
        sys.meta_path.insert(0, finder)


class Finder:
    """The first finder of `sys.meta_path`: finds nothing itself, and wraps the loaders of modules with a callback."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in waiting:
            return None
        for other in sys.meta_path:
            spec = None if other is self else other.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = WatchedLoader(spec.loader)  # type: ignore[assignment]  # it has all attributes of the loader
                return spec
        return None


class WatchedLoader:
    """Wraps the real loader: executing the module restores that loader and then calls the callback."""

    def __init__(self, loader: object) -> None:
        self.loader = loader

    def __getattr__(self, name: str) -> object:
        return getattr(self.loader, name)

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        if spec is not None:
            spec.loader = module.__loader__ = self.loader  # type: ignore[assignment]  # the loader of the finder
        self.loader.exec_module(module)  # type: ignore[attr-defined]
        callback = waiting.pop(module.__name__, None)
        if callback is not None:
            callback(module)


finder = Finder()
