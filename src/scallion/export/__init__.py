"""Export models to other software, each verified: the files carry the model's outputs."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "FORMATS": ".exporting",
    "ExportFormat": ".exporting",
    "ExportResult": ".exporting",
    "export_model": ".exporting",
    "export_run": ".exporting",
    "is_export": ".exporting",
    "verify_export": ".exporting",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.export", _HOMES)
