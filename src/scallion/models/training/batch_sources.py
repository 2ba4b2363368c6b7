"""Sources of batches: whole arrays, or generators, PyDatasets and other streams of batches."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, count, islice
from math import ceil
from typing import Any, Protocol

import numpy as np

from scallion.batch_streams import is_endless, is_indexed
from scallion.engine import IndexedBatch
from scallion.errors import ArgumentError, DataError
from scallion.mapped_memory import PageReleaser
from scallion.models.training.array_data import ArrayData
from scallion.session import derive_seed

State = dict[str, Any]

# Batches of an epoch after which a stream that does not know its length may well be endless.
_MANY_BATCHES = 10_000


class BatchSource(Protocol):
    """Batches for any number of epochs."""

    @property
    def count(self) -> int | None:
        """Number of steps per epoch; None where it is unknown before the end of an epoch."""
        ...

    @property
    def sample_inputs(self) -> tuple[np.ndarray, ...] | None:
        """Images that were read already: all of them, or those of the first batch of a stream."""
        ...

    def epoch(self, seed: int, step: int, first: int = 0) -> Iterator[tuple[int, IndexedBatch]]:
        """Yield (step in the epoch, batch), from step `first` on.

        A shuffled order depends on `seed` and on `step`, the number of training steps before.
        """
        ...

    def restart(self) -> "BatchSource":
        """Go back to the first batch, and return itself."""
        ...

    def get_state(self) -> State:
        """Return all that `set_state` needs to continue from here: numbers and texts."""
        ...

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue from a state that `get_state` returned. The data must be the same."""
        ...


class BatchIndices:
    """Indices of the images of each batch, shuffled again after each pass over the data.

    The order depends on the seed and the number of training steps before, so that resumed training
    continues in the same order. Where an epoch has fewer steps than batches, the next epoch
    continues with the remaining ones, as in Keras.
    """

    def __init__(
        self, images: int, batch_size: int, steps: int | None = None, *, shuffle: bool = False
    ) -> None:
        self.images = images
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.steps = steps
        self._order = np.arange(images)
        self._shuffled_at: tuple[int, int] | None = None
        self._next = 0

    @property
    def count(self) -> int:
        """Number of steps per epoch."""
        return self.steps or ceil(self.images / self.batch_size)

    def restart(self) -> "BatchIndices":
        """Go back to the first image, and return itself."""
        self._next = 0
        return self

    def epoch(
        self, seed: int = 0, step: int = 0, first: int = 0
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Yield (step in the epoch, indices of the batch's images: int64 (n,))."""
        if self._next == 0 and self.shuffle:
            self._shuffle(seed, step)
        for number in range(first, self.count):
            if self._next >= self.images:
                _warn_ended_early(f"the {self.images} images end", number, self.count)
                break
            start, self._next = self._next, self._next + self.batch_size
            yield number, self._order[start : self._next]
        if self._next >= self.images:
            self._next = 0

    def _shuffle(self, seed: int, step: int) -> None:
        self._shuffled_at = seed, step
        self._order = shuffled_indices(self.images, seed, step)

    def get_state(self) -> State:
        """Return the position in the order, and the seed and step that the order depends on."""
        return {"images": self.images, "next": self._next, "shuffled_at": self._shuffled_at}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue from a state of `get_state`. Raises DataError for another number of images."""
        if state["images"] != self.images:
            raise DataError(
                f"the training that is resumed had {state['images']} images. "
                f"Received: {self.images}",
                hint="give fit the same images, or another backup_dir to start again",
            )
        self._next = int(state["next"])
        if state["shuffled_at"] is not None:
            self._shuffle(*state["shuffled_at"])


class ArraySource:
    """Batches selected from whole arrays, which are never copied."""

    def __init__(self, data: ArrayData, indices: BatchIndices) -> None:
        self.data = data
        self.indices = indices

    @property
    def count(self) -> int | None:
        """Number of steps per epoch."""
        return self.indices.count

    @property
    def sample_inputs(self) -> tuple[np.ndarray, ...] | None:
        """All images."""
        return self.data.inputs

    def epoch(self, seed: int, step: int, first: int = 0) -> Iterator[tuple[int, IndexedBatch]]:
        """Yield (step in the epoch, batch); see BatchSource."""
        releasers = [PageReleaser(array) for array in self.data.inputs]
        for number, indices in self.indices.epoch(seed, step, first):
            yield number, self.data.batch(indices)
            for releaser in releasers:
                releaser.count_read(len(indices))

    def restart(self) -> "ArraySource":
        """Go back to the first image, and return itself."""
        self.indices.restart()
        return self

    def get_state(self) -> State:
        """Return the position and the order."""
        return self.indices.get_state()

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue from a state of `get_state`. Raises DataError for another number of images."""
        self.indices.set_state(state)


class StreamSource:
    """Batches that come one by one: from a generator, a PyDataset, or an object with `batches()`.

    `steps` fixes the number of steps per epoch; without it, an epoch is one pass over the stream.
    A generator can be read only once. `prepare` converts a batch of the stream.
    """

    def __init__(
        self,
        stream: Any,
        prepare: Callable[[Any], IndexedBatch],
        steps: int | None = None,
        *,
        shuffle: bool = False,
    ) -> None:
        self.sample_inputs: tuple[np.ndarray, ...] | None = None
        self._stream: Any = stream
        self._prepare = prepare
        self._steps = steps
        self._shuffle = shuffle and is_indexed(stream)
        self._is_generator = hasattr(stream, "__next__") and not is_indexed(stream)
        self._pass: Iterator[Any] | None = None
        self._started_at = (0, 0)  # seed and step that the order of this pass depends on
        self._drawn = 0  # batches drawn in this pass, or from the generator in all

    @property
    def count(self) -> int | None:
        """Number of steps per epoch; None where the stream does not say."""
        return self._steps or _length(self._stream)

    def check_first(self) -> None:
        """Prepare the first batch, and keep its images, without consuming it. Raises DataError."""
        self.sample_inputs = self._prepare(self._peek()).inputs

    def _peek(self) -> Any:
        if self._is_generator:
            first: Any = next(self._stream, None)
            if first is not None:
                self._stream = chain([first], self._stream)
        elif is_indexed(self._stream):
            first = self._stream[0] if _length(self._stream) != 0 else None
        else:
            first = next(_one_pass(self._stream), None)
        if first is None:
            raise DataError("there are no batches", hint="yield pairs of images and labels")
        return first

    def epoch(self, seed: int, step: int, first: int = 0) -> Iterator[tuple[int, IndexedBatch]]:
        """Yield (step in the epoch, batch); see BatchSource."""
        if self._pass is None or (self._steps is None and not first):
            self._start_pass(seed, step)
        number = first
        while self._steps is None or number < self._steps:
            batch = next(self._pass, None) if self._pass is not None else None
            if batch is None:
                self._pass = None
                if self._steps is not None or number == 0:
                    _warn_ended_early("the batches end", number, self._steps or 0)
                return
            self._drawn += 1
            yield number, self._prepare(batch)
            number += 1
            if number == _MANY_BATCHES and self.count is None:
                _warn_of_many_batches(self._stream)
        self._end_complete_pass()

    def _end_complete_pass(self) -> None:
        """Start the stream again with the next epoch if this one took its last batch."""
        length = None if self._is_generator else _length(self._stream)
        if self._pass is not None and length is not None and self._drawn >= length:
            next(self._pass, None)  # runs `on_epoch_end` of a PyDataset
            self._pass = None

    def _start_pass(self, seed: int, step: int, skip: int = 0) -> None:
        self._started_at = seed, step
        if is_indexed(self._stream):
            self._pass = self._indexed_pass(seed, step, skip)
        else:
            whole = self._stream if self._is_generator else _one_pass(self._stream)
            self._pass = islice(whole, skip, None)
        self._drawn = skip if skip or not self._is_generator else self._drawn

    def _indexed_pass(self, seed: int, step: int, skip: int) -> Iterator[Any]:
        _call_if_defined(self._stream, "on_epoch_begin")
        length = _length(self._stream)
        order: Iterator[int]
        if is_endless(self._stream):
            order = count(skip)
        elif length is None:
            raise DataError(
                f"{type(self._stream).__name__} does not say how many batches it has",
                hint="define __len__, or return the number of batches from it",
            )
        else:
            indices = shuffled_indices(length, seed, step) if self._shuffle else np.arange(length)
            order = iter(indices[skip:].tolist())
        for index in order:
            yield self._stream[index]
        _call_if_defined(self._stream, "on_epoch_end")

    def restart(self) -> "StreamSource":
        """Start the next epoch with a new pass, and return itself."""
        self._pass = None
        return self

    def get_state(self) -> State:
        """Return the number of batches drawn, and the seed and step of the order."""
        is_within_pass = self._pass is not None or self._is_generator
        return {"started_at": self._started_at, "drawn": self._drawn if is_within_pass else 0}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Start the pass again and skip the batches already drawn."""
        if state["drawn"]:
            self._start_pass(*state["started_at"], skip=int(state["drawn"]))


def is_stream(data: Any) -> bool:
    """Return whether batches come from it one by one, so that it is no array, list or dict."""
    if hasattr(data, "__array__") or isinstance(data, list | tuple | str | bytes | Mapping):
        return False
    return callable(getattr(data, "batches", None)) or is_indexed(data) or _is_iterable(data)


def require_end(data: Any, steps: int | None, argument: str) -> None:
    """Raise ArgumentError for an endless stream without a number of steps per pass."""
    if steps is None and is_endless(data):
        raise ArgumentError(
            f"the {type(data).__name__} never ends, so one pass over it needs a number of steps. "
            f"Received: {argument}=None",
            hint=f"{argument}=100, or leave out repeat()",
            field=argument,
        )


def split_batch(batch: Any) -> tuple[Any, Any, Any]:
    """Return images, labels and weights of a stream's batch; None for what is missing."""
    if not isinstance(batch, list | tuple):
        return batch, None, None
    if not 1 <= len(batch) <= 3:
        raise DataError(
            "a batch is (images,), (images, labels) or (images, labels, weights). "
            f"Received: a {type(batch).__name__} of {len(batch)}",
            hint="yield x, y",
        )
    images, labels, weights = (*batch, None, None)[:3]
    return images, labels, weights


def refuse_beside_stream(stream: Any, **arguments: Any) -> None:
    """Raise ArgumentError for arguments that only whole arrays can have, as in Keras."""
    for name, value in arguments.items():
        if value is not None and not (np.isscalar(value) and value == 0.0):
            raise ArgumentError(
                f"`{name}` can be given with arrays, not with a {type(stream).__name__}",
                hint="let the batches contain it: (images, labels, weights)",
            )


def shuffled_indices(images: int, seed: int, step: int) -> np.ndarray:
    """Return 0 to `images` - 1 in an order that (seed, step) decides: int64 (images,)."""
    generator = np.random.Generator(np.random.Philox(key=derive_seed(seed, step)))
    return generator.permutation(images)


def _is_iterable(data: Any) -> bool:
    return hasattr(type(data), "__iter__")


def _one_pass(stream: Any) -> Iterator[Any]:
    return iter(stream.batches() if callable(getattr(stream, "batches", None)) else stream)


def _length(stream: Any) -> int | None:
    try:
        length = getattr(stream, "num_batches", None)
        return int(len(stream) if length is None else length)
    except (TypeError, NotImplementedError):
        return None


def _call_if_defined(stream: Any, hook: str) -> None:
    function = getattr(stream, hook, None)
    if callable(function):
        function()


def _warn_of_many_batches(stream: Any) -> None:
    warnings.warn(
        f"one epoch has taken {_MANY_BATCHES:,} batches from a {type(stream).__name__} that does "
        "not say how many it has; if it never ends, give fit steps_per_epoch",
        stacklevel=5,
    )


def _warn_ended_early(what: str, number: int, steps: int) -> None:
    after = f"after {number} of {steps} steps per epoch; the next epoch begins"
    if not number:
        after = "before the epoch begins, so training ends; a generator can be read only once"
    warnings.warn(f"{what} {after}", stacklevel=5)
