"""Intersection over union: measures of segmentation, one class per pixel."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError, ShapeError, UnsupportedError
from scallion.metrics.metric import Metric

_EPSILON = 1e-7  # Keras adds it to each denominator
_DTYPES = (None, "int", "int32", "int64", "float32")


class IoU(Metric):
    """The intersection over union of some classes: correct / (labelled + predicted - correct).

    It is the mean over `target_class_ids`, without classes that are neither labelled nor predicted.

    >>> IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1])
    0.3333332888888937
    """

    direction: ClassVar[str | None] = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        if dtype not in _DTYPES:
            raise UnsupportedError(
                f"counts are integers or float32. Received: dtype={dtype!r}",
                hint='dtype="float32" counts fractions of weights',
                field="dtype",
                value=dtype,
            )
        if max(target_class_ids) >= num_classes:
            raise ArgumentError(
                f"the classes are 0 to {num_classes - 1}. "
                f"Received: target_class_ids={list(target_class_ids)}",
                hint=f"num_classes={max(target_class_ids) + 1}",
                field="target_class_ids",
                value=target_class_ids,
            )
        super().__init__(name)
        self.dtype = "int32" if dtype in (None, "int") else dtype
        self.num_classes = num_classes
        self.target_class_ids = list(target_class_ids)
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.reset_state()

    def reset_state(self) -> None:
        self._counts = np.zeros((self.num_classes, self.num_classes))  # labels are rows

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count one batch: class indices, or one value per class where `sparse_...` is False.

        Indices outside the classes do not count. Weights are whole numbers unless the metric has
        `dtype="float32"`, as in Keras. Raises ShapeError.
        """
        true, pred = np.asarray(y_true), np.asarray(y_pred)
        true = true if self.sparse_y_true else true.argmax(self.axis)
        pred = pred if self.sparse_y_pred else pred.argmax(self.axis)
        rows, columns = (array.astype(np.int64).ravel() for array in (true, pred))
        if rows.shape != columns.shape:
            raise ShapeError(
                f"{self.name}: one prediction per label is needed. "
                f"Received: labels of {true.shape}, predictions of {pred.shape}",
                hint="sparse_y_pred=False for outputs with one value per class",
            )
        kind = np.float32 if self.dtype == "float32" else np.int64
        given = np.asarray(1 if sample_weight is None else sample_weight).astype(kind)
        flat = given.ravel() if given.ndim > 1 else given
        if flat.ndim and flat.shape != rows.shape:
            raise ShapeError(
                f"{self.name}: one weight per label is needed. "
                f"Received: weights of {given.shape}, labels of {true.shape}",
                hint="np.broadcast_to(weights[:, None, None], labels.shape)",
                field="sample_weight",
            )
        weights = np.broadcast_to(flat, rows.shape)
        counted = (rows >= 0) & (rows < self.num_classes)
        counted &= (columns >= 0) & (columns < self.num_classes)
        if self.ignore_class is not None:
            counted &= rows != self.ignore_class
        np.add.at(self._counts, (rows[counted], columns[counted]), weights[counted])

    def result(self) -> float:
        counts = self._counts
        correct = counts.diagonal()
        union = cast("NDArray[np.float64]", counts.sum(0) + counts.sum(1) - correct)
        correct, union = correct[self.target_class_ids], union[self.target_class_ids]
        is_present = union > 1e-9
        scores = np.where(is_present, correct / (union + _EPSILON), 0.0)
        return float(scores.sum() / (is_present.sum() + _EPSILON))

    def get_state(self) -> dict[str, Any]:
        return {"counts": self._counts}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._counts = np.array(state["counts"])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "dtype": self.dtype,
            "num_classes": self.num_classes,
            "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": self.axis,
        }


class BinaryIoU(IoU):
    """The intersection over union of two classes; outputs of at least `threshold` are class 1."""

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count one batch of labels 0 and 1, and of outputs. Raises ShapeError."""
        is_positive = np.asarray(y_pred, np.float32) >= np.float32(self.threshold)
        super().update_state(y_true, is_positive, sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "dtype": self.dtype,
            "target_class_ids": self.target_class_ids,
            "threshold": self.threshold,
        }


class MeanIoU(IoU):
    """The mean intersection over union of all classes.

    >>> MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1])
    0.33333330555555735
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes, range(num_classes), name, dtype, ignore_class, sparse_y_true,
            sparse_y_pred, axis,
        )  # fmt: skip

    def get_config(self) -> dict[str, Any]:
        return _without(super().get_config(), "target_class_ids")


class OneHotIoU(IoU):
    """The intersection over union of some classes, for one-hot labels and one output per class."""

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis
        )

    def get_config(self) -> dict[str, Any]:
        return _without(super().get_config(), "sparse_y_true")


class OneHotMeanIoU(MeanIoU):
    """The mean intersection over union, for one-hot labels and one output per class."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return _without(super().get_config(), "sparse_y_true")


def _without(config: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name != key}


__all__ = ["BinaryIoU", "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"]
