"""`keras` and `tensorflow` as names for Scallion, so that scripts run unchanged."""

from importlib import import_module
from typing import Any

_HOMES = {
    "install": "aliases",
    "load_ipython_extension": "notebook",
    "run_script": "script",
    "unload_ipython_extension": "notebook",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"scallion.compat.{_HOMES[name]}"), name)
    from scallion.errors import unknown_attribute

    raise unknown_attribute("scallion.compat", name, __all__)


def __dir__() -> list[str]:
    return __all__
