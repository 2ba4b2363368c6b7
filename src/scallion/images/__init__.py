"""Pictures of your own: reading, sizing, splitting, checking."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "Augmentation": ".augmenting",
    "ImageSet": ".loading",
    "STRENGTHS": ".augmenting",
    "Sizing": ".sizing",
    "check": ".checking",
    "contact_sheet": ".sheet",
    "load": ".loading",
    "policy": ".augmenting",
    "suspicious_sheet": ".sheet",
    "written": ".augmenting",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.images", _HOMES)
