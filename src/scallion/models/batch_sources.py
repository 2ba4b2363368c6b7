"""Where batches come from: whole arrays, or what hands them over one by one."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from math import ceil
from typing import Any, Protocol

import numpy as np

from scallion.engine import IndexedBatch
from scallion.errors import ArgumentError, DataError
from scallion.mapped_memory import PageReleaser
from scallion.models.array_data import ArrayData
from scallion.session import derive_seed

State = dict[str, Any]


class BatchSource(Protocol):
    """Batches, epoch after epoch."""

    @property
    def count(self) -> int | None:
        """How many steps an epoch has; None where nobody knows before its end."""
        ...

    def epoch(self, seed: int, step: int, first: int = 0) -> Iterator[tuple[int, IndexedBatch]]:
        """The steps of an epoch from step `first` on, each with its batch."""
        ...

    def restart(self) -> "BatchSource":
        """Itself, back at the first batch."""
        ...

    def get_state(self) -> State:
        """All that `set_state` needs to go on from here: numbers and texts."""
        ...

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on where `get_state` was called. The data must be the same."""
        ...


class BatchIndices:
    """Places in the data, batch by batch, shuffled anew whenever all have been seen.

    The order is a function of the seed and of the number of updates made before, so training that
    is taken up again goes on as it would have. Where an epoch has fewer steps than batches,
    the next epoch takes up the rest, as in Keras.
    """

    def __init__(
        self, images: int, size: int, steps: int | None = None, *, shuffle: bool = False
    ) -> None:
        self.images = images
        self.size = size
        self.shuffle = shuffle
        self.steps = steps
        self._order = np.arange(images)
        self._shuffled_at: tuple[int, int] | None = None
        self._next = 0

    @property
    def count(self) -> int:
        """How many steps an epoch has."""
        return self.steps or ceil(self.images / self.size)

    def restart(self) -> "BatchIndices":
        """Itself, back at the first image."""
        self._next = 0
        return self

    def epoch(
        self, seed: int = 0, step: int = 0, first: int = 0
    ) -> Iterator[tuple[int, np.ndarray]]:
        """The numbers of an epoch's steps, each with the places of its images: int64 (n,)."""
        if self._next == 0 and self.shuffle:
            self._shuffle(seed, step)
        for number in range(first, self.count):
            if self._next >= self.images:
                _warn_early(f"the {self.images} images end", number, self.count)
                break
            start, self._next = self._next, self._next + self.size
            yield number, self._order[start : self._next]
        if self._next >= self.images:
            self._next = 0

    def _shuffle(self, seed: int, step: int) -> None:
        self._shuffled_at = seed, step
        self._order = shuffled(self.images, seed, step)

    def get_state(self) -> State:
        """The place in the order, and what the order follows from."""
        return {"images": self.images, "next": self._next, "shuffled_at": self._shuffled_at}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on where `get_state` was called. Raises DataError for another number of images."""
        if state["images"] != self.images:
            raise DataError(
                f"the training that is taken up again had {state['images']} images. "
                f"Received: {self.images}",
                hint="give fit the same images, or another backup_dir to begin anew",
            )
        self._next = int(state["next"])
        if state["shuffled_at"] is not None:
            self._shuffle(*state["shuffled_at"])


class ArraySource:
    """Batches out of whole arrays, of which only places are handed on."""

    def __init__(self, data: ArrayData, batches: BatchIndices) -> None:
        self.data = data
        self.batches = batches

    @property
    def count(self) -> int | None:
        return self.batches.count

    def epoch(self, seed: int, step: int, first: int = 0) -> Iterator[tuple[int, IndexedBatch]]:
        readers = [PageReleaser(array) for array in self.data.inputs]
        for number, indices in self.batches.epoch(seed, step, first):
            yield number, self.data.batch(indices)
            for reader in readers:
                reader.read(len(indices))

    def restart(self) -> "ArraySource":
        self.batches.restart()
        return self

    def get_state(self) -> State:
        return self.batches.get_state()

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.batches.set_state(state)


class StreamSource:
    """Batches that come one by one: from a generator, a PyDataset, or an object with `batches()`.

    `steps` fixes how many an epoch has; without it an epoch is one pass. A generator has one pass
    in all. `prepare` makes an engine's batch of what comes.
    """

    def __init__(
        self,
        given: Any,
        prepare: Callable[[Any], IndexedBatch],
        steps: int | None = None,
        *,
        shuffle: bool = False,
    ) -> None:
        self._given: Any = given
        self._prepare = prepare
        self._steps = steps
        self._shuffle = shuffle and is_indexed(given)
        self._once = hasattr(given, "__next__")
        self._pass: Iterator[Any] | None = None
        self._began = (0, 0)  # what the order of this pass follows from
        self._drawn = 0  # batches of this pass, or of the generator in all

    @property
    def count(self) -> int | None:
        return self._steps or _length(self._given)

    def peek(self) -> Any:
        """The first batch, without taking it away."""
        if self._once:
            first: Any = next(self._given, None)
            if first is not None:
                self._given = chain([first], self._given)
        elif is_indexed(self._given):
            first = self._given[0] if _length(self._given) != 0 else None
        else:
            first = next(_one_pass(self._given), None)
        if first is None:
            raise DataError("there are no batches", hint="yield pairs of images and labels")
        return first

    def epoch(self, seed: int, step: int, first: int = 0) -> Iterator[tuple[int, IndexedBatch]]:
        if self._pass is None or (self._steps is None and not first):
            self._begin(seed, step)
        number = first
        while self._steps is None or number < self._steps:
            batch = next(self._pass, None) if self._pass is not None else None
            if batch is None:
                self._pass = None
                if self._steps is not None or number == 0:
                    _warn_early("the batches end", number, self._steps or 0)
                return
            self._drawn += 1
            yield number, self._prepare(batch)
            number += 1

    def _begin(self, seed: int, step: int, skip: int = 0) -> None:
        self._began = seed, step
        if is_indexed(self._given):
            self._pass = self._indexed(seed, step, skip)
        else:
            whole = self._given if self._once else _one_pass(self._given)
            self._pass = islice(whole, skip, None)
        self._drawn = skip if skip or not self._once else self._drawn

    def _indexed(self, seed: int, step: int, skip: int) -> Iterator[Any]:
        _call_if_there(self._given, "on_epoch_begin")
        length = _length(self._given)
        if length is None:
            raise DataError(
                f"{type(self._given).__name__} does not say how many batches it has",
                hint="define __len__, or return the number of batches from it",
            )
        order = shuffled(length, seed, step) if self._shuffle else np.arange(length)
        for place in order[skip:]:
            yield self._given[int(place)]
        _call_if_there(self._given, "on_epoch_end")

    def restart(self) -> "StreamSource":
        self._pass = None
        return self

    def get_state(self) -> State:
        within = self._pass is not None or self._once
        return {"began": self._began, "drawn": self._drawn if within else 0}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Begin the pass again and leave out what was seen: the same for data that repeats."""
        if state["drawn"]:
            self._begin(*state["began"], skip=int(state["drawn"]))


def is_stream(given: Any) -> bool:
    """Whether batches come out of it one by one, so that it is neither array, list nor dict."""
    if hasattr(given, "__array__") or isinstance(given, list | tuple | str | bytes | Mapping):
        return False
    return callable(getattr(given, "batches", None)) or is_indexed(given) or _is_iterable(given)


def is_indexed(given: Any) -> bool:
    """Whether it is a PyDataset or alike: batch i is `given[i]`."""
    kind = type(given)
    has_places = hasattr(kind, "__getitem__") and hasattr(kind, "__len__")
    return has_places and not hasattr(given, "batches")


def split_batch(batch: Any) -> tuple[Any, Any, Any]:
    """Images, labels and weights of what a stream gave; None for what is not there."""
    if not isinstance(batch, list | tuple):
        return batch, None, None
    if not 1 <= len(batch) <= 3:
        raise DataError(
            f"a batch is (images,), (images, labels) or (images, labels, weights). "
            f"Received: a {type(batch).__name__} of {len(batch)}",
            hint="yield x, y",
        )
    images, labels, weights = (*batch, None, None)[:3]
    return images, labels, weights


def refuse_beside_stream(given: Any, **arguments: Any) -> None:
    """ArgumentError for what only whole arrays can go with, as in Keras."""
    for name, value in arguments.items():
        if value is not None and not (np.isscalar(value) and value == 0.0):
            raise ArgumentError(
                f"`{name}` goes with arrays, not with a {type(given).__name__}",
                hint="let the batches hold it: (images, labels, weights)",
            )


def shuffled(images: int, seed: int, step: int) -> np.ndarray:
    """The places 0 to `images` - 1 in an order that (seed, step) decides: int64 (images,)."""
    generator = np.random.Generator(np.random.Philox(key=derive_seed(seed, step)))
    return generator.permutation(images)


def _is_iterable(given: Any) -> bool:
    return hasattr(type(given), "__iter__")


def _one_pass(given: Any) -> Iterator[Any]:
    return iter(given.batches() if callable(getattr(given, "batches", None)) else given)


def _length(given: Any) -> int | None:
    try:
        length = getattr(given, "num_batches", None)
        return int(len(given) if length is None else length)
    except (TypeError, NotImplementedError):
        return None


def _call_if_there(given: Any, hook: str) -> None:
    function = getattr(given, hook, None)
    if callable(function):
        function()


def _warn_early(what: str, number: int, steps: int) -> None:
    after = f"after {number} of {steps} steps an epoch; the next epoch begins"
    if not number:
        after = "before the epoch begins, so training ends; a generator has one pass alone"
    warnings.warn(f"{what} {after}", stacklevel=5)
