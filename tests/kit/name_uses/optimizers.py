"""Recipes of optimizers and learning-rate schedules."""

from typing import Any

from name_uses.steps import Recipes, make_instance, train


def _optimizer(library: Any, kind: Any) -> Any:
    return train(library, kind(learning_rate=0.05))


def _schedule(library: Any, kind: Any) -> Any:
    schedule = make_instance(kind)
    return [float(schedule(step)) for step in (0, 3, 7, 12)]


def _base_optimizer(library: Any, base: Any) -> Any:
    return [issubclass(library.optimizers.Adam, base), isinstance(library.optimizers.SGD(), base)]


def _base_schedule(library: Any, base: Any) -> Any:
    class Halved(base):
        def __call__(self, step: Any) -> Any:
            return 0.1 / (1.0 + step)

        def get_config(self) -> dict[str, Any]:
            return {}

    return train(library, library.optimizers.SGD(Halved()))


def _piecewise(library: Any, kind: Any) -> Any:
    return [float(kind([2, 5], [1.0, 0.5, 0.1])(step)) for step in (0, 2, 3, 5, 9)]


RECIPES: Recipes = {
    "optimizers": _optimizer,
    "optimizers.schedules": _schedule,
}


SPECIAL: Recipes = {
    "optimizers.Optimizer": _base_optimizer,
    "optimizers.schedules.LearningRateSchedule": _base_schedule,
    "optimizers.schedules.PiecewiseConstantDecay": _piecewise,
}
