"""Custom losses, metrics and functions, found by name when a model is opened."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from scallion.errors import ArgumentError

_T = TypeVar("_T")

_registered: dict[str, Any] = {}
_names: dict[Any, str] = {}
_scopes = threading.local()


def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[_T], _T]:
    """Register a class or function under `package>name`, so that models that use it open.

    Raises ArgumentError for a class without `get_config`.
    """

    def decorate(target: _T) -> _T:
        if isinstance(target, type) and not hasattr(target, "get_config"):
            raise ArgumentError(
                f"a class must have `get_config` to be registered. Received: {target.__name__}",
                hint='def get_config(self): return {"name": self.name}',
                value=target,
            )
        known = f"{package}>{name or getattr(target, '__name__', target)}"
        _registered[known] = target
        _names[target] = known
        return target

    return decorate


def get_registered_name(target: Any) -> str:
    """Return the registered name of a class or function, or its own name."""
    return _names.get(target) or target.__name__


def get_registered_object(
    name: str, custom_objects: Mapping[str, Any] | None = None, module_objects: Any = None
) -> Any:
    """Return the class or function of this name, from a scope or registered; None if unknown."""
    for known in (*reversed(_active()), custom_objects or {}, _registered, module_objects or {}):
        if name in known:
            return known[name]
    return None


def find(name: Any) -> Any:
    """Return the class or function with a registered or plain name, or None."""
    if not isinstance(name, str):
        return None
    found = get_registered_object(name)
    if found is None and ">" not in name:
        return next((one for key, one in _registered.items() if key.endswith(f">{name}")), None)
    return found


def get_custom_objects() -> dict[str, Any]:
    """Return all registered classes and functions by name; entries may be added."""
    return _registered


@contextmanager
def custom_object_scope(*objects: Mapping[str, Any] | None) -> Iterator[None]:
    """Have names mean these classes and functions within a `with` block."""
    scopes = _active()
    before = len(scopes)
    scopes.extend(dict(one) for one in objects if one)
    try:
        yield
    finally:
        del scopes[before:]


CustomObjectScope = custom_object_scope


def _active() -> list[dict[str, Any]]:
    if not hasattr(_scopes, "stack"):
        _scopes.stack = []
    return _scopes.stack
