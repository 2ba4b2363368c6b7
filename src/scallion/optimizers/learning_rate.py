"""The learning rate of an optimizer as a number with the methods of Keras' variable."""

from typing import Any

from scallion.eager_array import EagerFloat


class LearningRate(EagerFloat):
    """The current learning rate: a number, whose `assign` sets the optimizer's.

    The number itself does not change: read `optimizer.learning_rate` again.
    """

    def __new__(cls, rate: float, optimizer: Any) -> "LearningRate":
        """Return the number, which knows its optimizer."""
        number = super().__new__(cls, rate)
        number._optimizer = optimizer
        return number

    _optimizer: Any

    @property
    def value(self) -> "LearningRate":
        """The number itself."""
        return self

    def assign(self, rate: Any) -> None:
        """Set the optimizer's learning rate. Raises ArgumentTypeError if it has a schedule."""
        self._optimizer.learning_rate = rate

    def __reduce__(self) -> tuple[type, tuple[float]]:
        return float, (float(self),)

    def __deepcopy__(self, memo: Any) -> float:
        return float(self)


__all__ = ["LearningRate"]
