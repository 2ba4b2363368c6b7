"""The workbench: a local page that shows the runs of a folder, trains, and tries models."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "Access": ".access",
    "Workbench": ".workbench",
    "build_application": ".application",
    "open_socket": ".server",
    "serve": ".server",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.workbench", _HOMES)
