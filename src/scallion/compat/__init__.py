"""`keras` and `tensorflow` as names for Scallion, so that scripts run unchanged."""

from scallion.lazy import attributes

_HOMES = {
    "install": ".aliases",
    "load_ipython_extension": ".notebook",
    "run_script": ".script",
    "unload_ipython_extension": ".notebook",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = attributes("scallion.compat", _HOMES)
