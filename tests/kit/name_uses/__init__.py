"""One use of each public name of Keras in scope, for `keras` and `scallion` alike.

`use(library, "layers.Dense")` runs the name and returns what came out: arrays, numbers, text, or
lists of them. `scripts/differences.py` calls a name the same where both give the same. `RECIPES`
has a recipe per module, `SPECIAL` those of single names.
"""

import os
import tempfile
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

from name_uses import callbacks, layers, measures, models, optimizers, utilities, weights
from name_uses.results import plain, same
from name_uses.steps import Recipes

RECIPES: Recipes = {
    **callbacks.RECIPES,
    **layers.RECIPES,
    **measures.RECIPES,
    **optimizers.RECIPES,
    **weights.RECIPES,
}
SPECIAL: Recipes = {
    **callbacks.SPECIAL,
    **layers.SPECIAL,
    **measures.SPECIAL,
    **models.SPECIAL,
    **optimizers.SPECIAL,
    **utilities.SPECIAL,
    **weights.SPECIAL,
}


def use(library: Any, name: str) -> Any:
    """Run a name and return what came out. Raises KeyError for one without a recipe."""
    module, _, last = name.rpartition(".")
    recipe = SPECIAL.get(name) or RECIPES[module]
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        before = Path.cwd()
        os.chdir(folder)
        try:
            value = getattr(import_module(f"{library.__name__}.{module}"), last)
            return plain(recipe(library, value))
        finally:
            os.chdir(before)


__all__ = ["SPECIAL", "same", "use"]
