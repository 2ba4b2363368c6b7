"""Sources that never end need a number of steps; without one they are refused at once."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import scallion
from scallion import layers
from scallion.batch_streams import is_endless
from scallion.datasets.pipeline import Dataset
from scallion.errors import ArgumentError
from scallion.models.training import batch_sources
from scallion.models.training.pydataset import PyDataset
from scallion.utils import split_dataset

IMAGES = np.ones((4, 3, 3, 1), np.float32)
LABELS = np.array([0, 1, 0, 1])


class Endless(PyDataset):
    """Batches without end, as Keras has it: `num_batches` is None."""

    def __getitem__(self, index: int) -> Any:
        return IMAGES, LABELS

    @property
    def num_batches(self) -> None:
        return None


def dataset() -> Dataset:
    return Dataset.from_tensor_slices((IMAGES, LABELS)).batch(2)


def unknown() -> Dataset:
    return Dataset.from_generator(lambda: iter([(IMAGES, LABELS)]))


SOURCES: dict[str, Callable[[], Any]] = {
    "repeat": lambda: dataset().repeat(),
    "repeat(-1)": lambda: dataset().repeat(-1),
    "repeat of unknown": lambda: unknown().repeat(),
    "repeat and map": lambda: dataset().repeat().map(lambda x, y: (x, y)).prefetch(2),
    "repeat, unbatch and batch": lambda: dataset().repeat().unbatch().batch(3),
    "repeat and filter": lambda: dataset().repeat().filter(lambda *_: True),
    "repeat, shuffle and cache": lambda: dataset().repeat().shuffle(4).cache(),
    "concatenate": lambda: dataset().concatenate(dataset().repeat()),
    "unknown and endless": lambda: unknown().concatenate(dataset().repeat()),
    "zip": lambda: Dataset.zip(
        Dataset.from_tensor_slices(IMAGES).batch(2).repeat(),
        Dataset.from_tensor_slices(LABELS).batch(2).repeat(),
    ),
    "PyDataset": Endless,
    "cycle": lambda: itertools.cycle([(IMAGES, LABELS)]),
    "itertools.repeat": lambda: itertools.repeat((IMAGES, LABELS)),
}
every_source = pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)


def model() -> scallion.Model:
    network = scallion.Sequential([scallion.Input((3, 3, 1)), layers.Flatten(), layers.Dense(2)])
    network.compile("sgd", scallion.losses.SparseCategoricalCrossentropy(from_logits=True))
    return network


@every_source
def test_an_endless_source_without_steps_is_refused(make: Callable[[], Any]) -> None:
    with pytest.raises(ArgumentError, match="never ends") as raised:
        model().fit(make(), verbose=0)
    assert str(raised.value.hint).startswith("steps_per_epoch=100")
    with pytest.raises(ArgumentError, match="validation_steps=None"):
        model().fit(IMAGES, LABELS, validation_data=make(), verbose=0)
    for run in (model().evaluate, model().predict):
        with pytest.raises(ArgumentError, match="Received: steps=None"):
            run(make(), verbose=0)


@every_source
def test_the_moments_of_an_endless_source_are_not_measured(make: Callable[[], Any]) -> None:
    with pytest.raises(ArgumentError, match="never ends, so its images cannot be measured"):
        layers.Normalization().adapt(make())


@pytest.mark.parametrize("name", [name for name in SOURCES if isinstance(SOURCES[name](), Dataset)])
def test_an_endless_data_set_is_not_split(name: str) -> None:
    with pytest.raises(ArgumentError, match="never ends, so it has no parts"):
        split_dataset(SOURCES[name](), left_size=2)
    parts = split_dataset(SOURCES[name]().take(3), left_size=2)
    assert [part.cardinality() for part in parts] != [-1, -1]


@every_source
def test_an_endless_source_with_steps_trains(make: Callable[[], Any]) -> None:
    history = model().fit(make(), steps_per_epoch=3, epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2
    assert isinstance(model().evaluate(make(), steps=2, verbose=0), float)


@pytest.mark.parametrize(
    "source",
    [
        dataset(),
        dataset().repeat(3),
        dataset().repeat().take(4),
        unknown(),
        itertools.repeat((IMAGES, LABELS), 3),
        iter([(IMAGES, LABELS)]),
    ],
)
def test_a_source_that_ends_is_not_endless(source: Any) -> None:
    assert not is_endless(source)


def test_a_generator_that_may_be_endless_gets_one_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_sources, "_MANY_BATCHES", 5)

    def batches() -> Iterator[Any]:
        for _ in range(7):
            yield IMAGES, LABELS

    with pytest.warns(UserWarning, match="if it never ends, give fit steps_per_epoch") as found:
        model().fit(batches(), verbose=0)
    assert len(found) == 1
