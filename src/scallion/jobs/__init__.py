"""Jobs: runs that executors train elsewhere, such as in processes of this machine."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "Executor": ".executor",
    "Job": ".job",
    "LocalExecutor": ".local_executor",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.jobs", _HOMES)
