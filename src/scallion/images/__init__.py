"""Your own images: loading, splitting, checks, augmentation and contact sheets."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "Augmentation": ".augmentation",
    "ImageSet": ".loading",
    "STRENGTHS": ".augmentation",
    "ResizeRule": ".resizing",
    "check": ".checks.dataset_checks",
    "contact_sheet": ".contact_sheets",
    "load": ".loading",
    "choose_augmentation": ".augmentation",
    "findings_sheet": ".contact_sheets",
    "are_characters": ".augmentation",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.images", _HOMES)
