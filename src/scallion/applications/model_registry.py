"""Models by name: each an architecture with the recipe that it is trained by."""

from typing import NamedTuple

from scallion.applications import pretrained
from scallion.errors import UnknownNameError
from scallion.models.builtin import architectures, recipes
from scallion.models.builtin.architectures import Architecture
from scallion.models.builtin.recipes import TrainingRecipe


class NamedModel(NamedTuple):
    """An architecture and its default training recipe."""

    architecture: Architecture
    recipe: TrainingRecipe


# The default comes first.
_MODELS = {
    model.architecture.name: model
    for model in (
        NamedModel(architectures.QUICK, recipes.QUICK),
        NamedModel(pretrained.PRETRAINED, pretrained.RECIPE),
        NamedModel(architectures.LESSON, recipes.LESSON),
        NamedModel(architectures.LESSON_DENSE, recipes.LESSON),
        NamedModel(architectures.LESSON_DEEP, recipes.LESSON_LONG),
        NamedModel(architectures.LESSON_DROPOUT, recipes.LESSON_LONG),
    )
}


def find(name: str) -> NamedModel:
    """Return the model of this name, in any case, with `_` or `-`.

    Raises UnknownNameError with the nearest name.

    >>> find("lesson").architecture.build((32, 32, 3), 10).count_params()
    47370
    """
    wanted = str(name).strip().lower().replace("_", "-")
    if wanted not in _MODELS:
        raise UnknownNameError("model", name, _MODELS)
    return _MODELS[wanted]


def names() -> tuple[str, ...]:
    """Return the names of all models, the default first."""
    return tuple(_MODELS)


__all__ = ["NamedModel", "find", "names"]
