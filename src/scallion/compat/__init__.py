"""`keras` and `tensorflow` as aliases of Scallion, so that scripts run unchanged."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "install": ".module_aliases",
    "load_ipython_extension": ".ipython_extension",
    "run_script": ".script_runner",
    "unload_ipython_extension": ".ipython_extension",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.compat", _HOMES)
