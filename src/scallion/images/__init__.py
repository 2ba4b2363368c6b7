"""Your own images: loading, splitting, checks, augmentation and contact sheets."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "Augmentation": ".augmentation",
    "ImageSet": ".loading",
    "ResizeRule": ".resizing",
    "STRENGTHS": ".augmentation",
    "are_characters": ".augmentation",
    "check": ".checks.dataset_checks",
    "choose_augmentation": ".augmentation",
    "contact_sheet": ".contact_sheets",
    "findings_sheet": ".contact_sheets",
    "load": ".loading",
    "survey": ".loading",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.images", _HOMES)
