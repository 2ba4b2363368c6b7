"""Batches from generators, PyDatasets, and objects with `batches()`."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from scallion.datasets.pipeline import Dataset
from scallion.errors import ArgumentError, DataError
from scallion.layers import Dense, Input
from scallion.models import Model, Sequential
from scallion.optimizers import SGD
from scallion.utils import PyDataset, set_random_seed

X = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
Y = np.arange(20) % 3
Pair = tuple[np.ndarray, np.ndarray]


class Batched(PyDataset):
    """A PyDataset of four batches that records which were requested."""

    def __init__(self, *more: Any) -> None:
        super().__init__(workers=4)
        self.requested: list[Any] = []
        self.more = more

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> Any:
        self.requested.append(index)
        cut = slice(index * 5, index * 5 + 5)
        return X[cut], Y[cut], *(weights[cut] for weights in self.more)

    def on_epoch_end(self) -> None:
        self.requested.append("end")


def generator(batches: int) -> Iterator[Pair]:
    for number in range(batches):
        cut = slice(number % 4 * 5, number % 4 * 5 + 5)
        yield X[cut], Y[cut]


def network() -> Model:
    set_random_seed(1)
    model = Sequential([Input((4,)), Dense(3, activation="softmax")])
    model.compile(SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def trained_on_arrays() -> dict[str, list[float]]:
    return network().fit(X, Y, batch_size=5, epochs=2, shuffle=False, verbose=0).history


@pytest.mark.parametrize(
    "given",
    [
        lambda: Batched(),
        lambda: Dataset.from_tensor_slices((X, Y)).batch(5),
        lambda: list_like(),
    ],
)
def test_streams_train_like_arrays(given: Any) -> None:
    assert network().fit(given(), epochs=2, shuffle=False, verbose=0).history == trained_on_arrays()


def list_like() -> Any:
    """Return an object that can be iterated repeatedly, like a DataLoader."""

    class Loader:
        def __iter__(self) -> Iterator[Pair]:
            return generator(4)

    return Loader()


def test_steps_divide_a_generator_into_epochs() -> None:
    history = network().fit(generator(8), epochs=2, steps_per_epoch=4, verbose=0).history
    assert history == trained_on_arrays()
    with pytest.warns(UserWarning, match="before the epoch begins, so training ends"):
        record = network().fit(generator(4), epochs=2, verbose=0)
    assert record.history["loss"] == trained_on_arrays()["loss"][:1]


@pytest.mark.parametrize(
    "given", [lambda: Batched(), lambda: Dataset.from_tensor_slices((X, Y)).batch(5)]
)
def test_as_many_steps_as_batches_are_whole_epochs(given: Any) -> None:
    data = given()
    record = network().fit(data, epochs=2, steps_per_epoch=len(data), shuffle=False, verbose=0)
    assert record.history == trained_on_arrays()


def test_a_pydataset_is_shuffled_each_epoch() -> None:
    data = Batched()
    network().fit(data, epochs=3, verbose=0)
    orders = [data.requested[1 + 5 * epoch : 5 + 5 * epoch] for epoch in range(3)]
    assert all(sorted(order) == [0, 1, 2, 3] for order in orders)
    assert len({tuple(order) for order in orders}) > 1
    assert data.requested[5::5] == ["end"] * 3


def test_streams_support_sample_and_class_weights() -> None:
    weights = np.linspace(0, 2, 20)
    plain = network().fit(X, Y, 5, sample_weight=weights, shuffle=False, verbose=0).history
    assert network().fit(Batched(weights), shuffle=False, verbose=0).history == plain
    by_class = {0: 2.0, 2: 0.5}
    plain = network().fit(X, Y, 5, class_weight=by_class, shuffle=False, verbose=0).history
    found = network().fit(Batched(), class_weight=by_class, shuffle=False, verbose=0)
    assert found.history == plain


def test_streams_validate_evaluate_and_predict() -> None:
    model = network()
    wanted = model.evaluate(X, Y, batch_size=5, verbose=0)
    assert model.evaluate(Batched(), verbose=0) == wanted
    assert model.evaluate(generator(4), verbose=0) == wanted
    assert model.evaluate(generator(9), steps=4, verbose=0) == wanted
    np.testing.assert_array_equal(model.predict(Batched(), verbose=0), model.predict(X, verbose=0))
    endless = Dataset.from_tensor_slices((X, Y)).batch(5).repeat()
    history = model.fit(
        endless, steps_per_epoch=4, epochs=2, validation_data=Batched(), verbose=0
    ).history
    assert len(history["val_loss"]) == 2


def test_the_first_batch_builds_a_sequential_model() -> None:
    model = Sequential([Dense(3, activation="softmax")])
    model.compile("sgd", "crossentropy", metrics=["accuracy"])
    assert model.fit(generator(4), verbose=0).epoch == [0]
    assert model.input_shape == (None, 4)


def test_progress_without_a_known_number_of_steps(capsys: pytest.CaptureFixture[str]) -> None:
    network().fit(generator(4), verbose=2)
    assert capsys.readouterr().out.startswith("4/4 - ")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"y": Y}, "`y`"),
        ({"sample_weight": Y}, "`sample_weight`"),
        ({"validation_split": 0.5}, "`"),
    ],
)
def test_arguments_for_arrays_only_raise_with_streams(arguments: dict[str, Any], word: str) -> None:
    with pytest.raises(ArgumentError, match=word):
        network().fit(Batched(), verbose=0, **arguments)


def test_batches_that_do_not_fit_raise() -> None:
    with pytest.raises(DataError, match="there are no batches"):
        network().fit(generator(0), verbose=0)
    with pytest.raises(DataError, match="a list of 4"):
        network().fit(iter([[X, Y, Y, Y]]), verbose=0)
    with pytest.raises(DataError, match=r"takes images of the shape \(n, 4\)"):
        network().fit(iter([(X[:, :3], Y)]), verbose=0)
    with pytest.raises(DataError, match="there are no labels"):
        network().fit(iter([X]), verbose=0)


def test_single_batch_methods_reset_the_metrics() -> None:
    model = network()
    model.train_on_batch(X[:5], Y[:5])
    loss, accuracy = model.test_on_batch(X[5:10], Y[5:10])  # type: ignore[misc]
    assert model.get_metrics_result() == {"accuracy": accuracy, "loss": loss}
    assert [loss, accuracy] == model.evaluate(X[5:10], Y[5:10], verbose=0)
    model.reset_metrics()
    assert model.get_metrics_result() == {"accuracy": 0, "loss": 0}
    assert model.predict_on_batch(X[:5]).shape == (5, 3)
