"""`keras` and `tensorflow` as names for Scallion, so that scripts run unchanged."""

from scallion.lazy import attributes

_HOMES = {
    "install": ".module_aliases",
    "load_ipython_extension": ".ipython_extension",
    "run_script": ".script_runner",
    "unload_ipython_extension": ".ipython_extension",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = attributes("scallion.compat", _HOMES)
