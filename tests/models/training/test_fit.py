"""The training loop: reproducibility, stopping, hooks, and what is not copied."""

import math
from typing import Any

import numpy as np
import pytest

import scallion
from scallion.callbacks import Callback, EarlyStopping, TerminateOnNaN
from scallion.engine import IndexedBatch, StepResult
from scallion.engine.reference.engine import ReferenceEngine
from scallion.errors import ArgumentError, DataError, TrainingError
from scallion.layers import Conv2D, Dense, Dropout, Flatten, Input
from scallion.metrics import Precision
from scallion.models import Model
from scallion.models.training.batch_sources import BatchIndices, shuffled_indices
from scallion.models.training.epoch_metrics import EpochMetrics
from scallion.optimizers import SGD
from scallion.utils import set_random_seed

X = np.random.default_rng(0).random((50, 6, 6, 1))
Y = np.arange(50) % 3


def network(seed: int | None = 7, rate: float = 0.1, **compiled: Any) -> Model:
    if seed is not None:
        set_random_seed(seed)
    start = Input((6, 6, 1))
    x = Dropout(0.2)(Flatten()(Conv2D(2, 3, activation="relu")(start)))
    model = Model(start, Dense(3, activation="softmax")(x))
    loss = "sparse_categorical_crossentropy"
    model.compile(SGD(rate, momentum=0.9), loss, **{"metrics": ["accuracy"]} | compiled)
    return model


def same_weights(a: Model, b: Model) -> bool:
    pairs = zip(a.get_weights(), b.get_weights(), strict=True)
    return all(np.array_equal(x, y) for x, y in pairs)


def test_the_same_seed_gives_bit_identical_runs() -> None:
    first, second = network(), network()
    a = first.fit(X, Y, epochs=2, verbose=0).history
    assert second.fit(X, Y, epochs=2, verbose=0).history == a
    assert same_weights(first, second)
    assert network(seed=8).fit(X, Y, epochs=2, verbose=0).history != a


def test_without_a_seed_two_runs_differ() -> None:
    first, second = network(seed=None), network(seed=None)
    assert first.seed != second.seed
    assert not same_weights(first, second)


def test_training_in_two_parts_is_bit_identical() -> None:
    whole, parts = network(), network()
    expected = whole.fit(X, Y, epochs=3, verbose=0).history["loss"]
    losses = parts.fit(X, Y, epochs=1, verbose=0).history["loss"]
    losses += parts.fit(X, Y, epochs=3, initial_epoch=1, verbose=0).history["loss"]
    assert losses == expected
    assert same_weights(whole, parts)


def test_each_epoch_has_each_image_once_in_a_new_order() -> None:
    seen: list[list[int]] = []
    batches = BatchIndices(50, 16, shuffle=True)
    for step in (0, 4):
        places = [indices for _, indices in batches.epoch(seed=3, step=step)]
        assert [len(part) for part in places] == [16, 16, 16, 2]
        seen.append([int(place) for part in places for place in part])
    assert sorted(seen[0]) == sorted(seen[1]) == list(range(50))
    assert seen[0] != seen[1]
    assert seen[0] == shuffled_indices(50, 3, 0).tolist()


def test_without_shuffling_the_order_is_kept() -> None:
    places = [indices.tolist() for _, indices in BatchIndices(5, 2).epoch()]
    assert places == [[0, 1], [2, 3], [4]]


def test_too_few_images_for_the_steps_warn() -> None:
    with pytest.warns(UserWarning, match="the 50 images end after 4 of 9 steps"):
        history = network().fit(X, Y, batch_size=16, steps_per_epoch=9, verbose=0)
    assert history.params["steps"] == 9


def test_images_are_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[np.ndarray] = []
    train = ReferenceEngine.train

    def watched(self: ReferenceEngine, batch: IndexedBatch, **options: int) -> StepResult:
        given.extend(batch.inputs)
        assert batch.indices.dtype == np.int64
        assert batch.targets[0].dtype == np.int64
        return train(self, batch, **options)

    monkeypatch.setattr(ReferenceEngine, "train", watched)
    network().fit(X, Y, verbose=0, validation_split=0.2)
    assert len(given) == 2
    assert all(np.shares_memory(array, X) and array.dtype == X.dtype for array in given)


def test_validation_split_takes_the_last_part() -> None:
    model = network()
    history = model.fit(X, Y, validation_split=0.2, verbose=0, shuffle=False).history
    expected = model.evaluate(X[40:], Y[40:], verbose=0)
    assert [history["val_loss"][0], history["val_accuracy"][0]] == expected


def test_too_few_images_to_split_raise() -> None:
    with pytest.raises(DataError, match="1 images cannot be split"):
        network().fit(X[:1], Y[:1], validation_split=0.5, verbose=0)


def test_history_has_keras_keys_and_order() -> None:
    record = network().fit(X, Y, epochs=2, validation_data=(X, Y), verbose=0)
    assert list(record.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert all(type(v) is float for values in record.history.values() for v in values)
    assert record.epoch == [0, 1]
    assert record.params == {"verbose": 0, "epochs": 2, "steps": 2}


def test_the_epoch_loss_weights_batches_by_size() -> None:
    model = network(rate=0.0)
    set_random_seed(1)
    start = Input((6, 6, 1))
    plain = Model(start, Dense(3, activation="softmax")(Flatten()(start)))
    plain.compile(SGD(0.0), "sparse_categorical_crossentropy")
    whole = plain.evaluate(X, Y, batch_size=50, verbose=0)
    in_parts = plain.fit(X, Y, batch_size=16, verbose=0).history["loss"][0]
    assert in_parts == pytest.approx(whole, rel=1e-6)
    assert isinstance(model.evaluate(X, Y, verbose=0), list)


class Diverging:
    """An engine whose loss is not finite in the third step."""

    def __init__(self, value: float) -> None:
        self.value, self.steps = value, 0

    def train(self, batch: IndexedBatch, *, seed: int, step: int) -> StepResult:
        self.steps += 1
        loss = self.value if self.steps == 3 else 1.0
        return StepResult(loss, (loss,), (np.zeros((len(batch.indices), 3), np.float32),))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_non_finite_loss_stops_training(value: float, monkeypatch: pytest.MonkeyPatch) -> None:
    model, engine = network(rate=0.5), Diverging(value)
    monkeypatch.setattr(model, "_training_engine", lambda: engine)
    with pytest.raises(TrainingError) as caught:
        model.fit(X, Y, epochs=3, batch_size=25, verbose=0)
    assert str(caught.value) == (
        "epoch 2, batch 1: the loss is NaN or infinite, so training stops. "
        f"Received: loss={value}, learning_rate=0.5\n"
        "hint: a lower learning rate, such as 0.05, and pixels from 0 to 1: x / 255"
    )
    assert engine.steps == 3
    assert model.history is not None
    assert model.history.history["loss"] == [1.0]


def test_a_far_too_high_learning_rate_raises() -> None:
    start = Input((6, 6, 1))
    model = Model(start, Dense(3)(Flatten()(start)))
    model.compile(SGD(1e3), "mse")
    with np.errstate(all="ignore"), pytest.raises(TrainingError, match="NaN or infinite"):
        model.fit(X, np.eye(3)[Y], epochs=50, verbose=0)


def test_terminate_on_nan_stops_before_the_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = network()
    monkeypatch.setattr(model, "_training_engine", lambda: Diverging(math.nan))
    record = model.fit(
        X, Y, epochs=5, batch_size=25, verbose=0, callbacks=[TerminateOnNaN()], shuffle=False
    )
    assert capsys.readouterr().out == "Batch 0: Invalid loss, terminating training\n"
    assert record.epoch == [0, 1]
    assert math.isnan(record.history["loss"][1])
    monkeypatch.setattr(model, "_training_engine", lambda: Diverging(math.nan))
    with pytest.raises(TrainingError, match="NaN or Inf loss encountered at batch 0"):
        model.fit(X, Y, epochs=5, batch_size=25, verbose=0, callbacks=[TerminateOnNaN(True)])


def test_an_interrupt_keeps_history_and_weights() -> None:
    class Interrupt(Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if self.model.optimizer.iterations == 5:
                raise KeyboardInterrupt

    model, other = network(), network()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=5, verbose=0, callbacks=[Interrupt()])
    assert model.history is not None
    assert model.history.epoch == [0, 1]
    assert len(model.history.history["loss"]) == 2
    assert model.optimizer.iterations == 5
    other.fit(X, Y, epochs=2, verbose=0)
    assert not same_weights(model, other)
    model.fit(X, Y, verbose=0)


class Recorder(Callback):
    """A callback that records which hooks were called, and with which arguments."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, ...]] = []


def _recording(hook: str) -> Any:
    def record(self: Recorder, *arguments: Any, **options: Any) -> None:
        logs = options.get("logs", arguments[-1] if arguments else None)
        names = tuple(logs) if isinstance(logs, dict) else ()
        numbers = tuple(a for a in arguments if isinstance(a, int))
        self.calls.append((hook, *numbers, *names))

    return record


HOOKS = [name for name in vars(Callback) if name.startswith("on_") and "batch_" not in name[:9]]
for name in HOOKS:
    setattr(Recorder, name, _recording(name))


# keras 3.15.1, the same Recorder in keras.Model.fit(x, y, batch_size=25, validation_data=(x, y))
FIT_CALLS = [
    ("on_train_begin",),
    ("on_epoch_begin", 0),
    ("on_train_batch_begin", 0),
    ("on_train_batch_end", 0, "accuracy", "loss"),
    ("on_train_batch_begin", 1),
    ("on_train_batch_end", 1, "accuracy", "loss"),
    ("on_test_begin",),
    ("on_test_batch_begin", 0),
    ("on_test_batch_end", 0, "accuracy", "loss"),
    ("on_test_batch_begin", 1),
    ("on_test_batch_end", 1, "accuracy", "loss"),
    ("on_test_end", "accuracy", "loss"),
    ("on_epoch_end", 0, "accuracy", "loss", "val_accuracy", "val_loss"),
    ("on_train_end", "accuracy", "loss", "val_accuracy", "val_loss"),
]


def test_hooks_are_called_in_keras_order() -> None:
    recorder = Recorder()
    network().fit(X, Y, batch_size=25, verbose=0, validation_data=(X, Y), callbacks=[recorder])
    assert recorder.calls == FIT_CALLS
    recorder = Recorder()
    network().predict(X, batch_size=25, verbose=0, callbacks=recorder)
    assert recorder.calls == [
        ("on_predict_begin",),
        ("on_predict_batch_begin", 0),
        ("on_predict_batch_end", 0, "outputs"),
        ("on_predict_batch_begin", 1),
        ("on_predict_batch_end", 1, "outputs"),
        ("on_predict_end",),
    ]


def test_averages_are_computed_only_for_batch_hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []
    logs = EpochMetrics.logs

    def counted(self: EpochMetrics) -> dict[str, float]:
        reads.append(1)
        return logs(self)

    monkeypatch.setattr(EpochMetrics, "logs", counted)
    network().fit(X, Y, batch_size=10, verbose=0, callbacks=[EarlyStopping("loss")])
    assert len(reads) == 1
    reads.clear()
    network().fit(X, Y, batch_size=10, verbose=0, callbacks=[Recorder(), Recorder()])
    assert len(reads) == 6


def test_older_batch_hook_names_are_called() -> None:
    class Older(Callback):
        batches: int = 0

        def on_batch_end(self, batch: int, logs: Any = None) -> None:
            self.batches += "loss" in logs

    older = Older()
    network().fit(X, Y, batch_size=10, verbose=0, callbacks=[older])
    assert older.batches == 5


def test_a_callback_can_stop_after_a_batch() -> None:
    class Stop(Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.model.stop_training = batch == 1

    model = network()
    record = model.fit(X, Y, batch_size=10, epochs=4, verbose=0, callbacks=[Stop()])
    assert record.epoch == [0]
    assert model.optimizer.iterations == 2


def test_values_a_callback_adds_to_logs_are_recorded() -> None:
    class Rate(Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs["learning_rate"] = self.model.optimizer.learning_rate

    record = network().fit(X, Y, epochs=2, verbose=0, callbacks=[Rate()])
    assert record.history["learning_rate"] == [0.1, 0.1]


def test_evaluate_returns_a_number_list_or_dict() -> None:
    model = network()
    values = model.evaluate(X, Y, verbose=0)
    assert model.evaluate(X, Y, verbose=0, return_dict=True) == {
        "accuracy": values[1],
        "loss": values[0],
    }
    assert network(metrics=None).evaluate(X, Y, verbose=0) == pytest.approx(values[0])


def test_clear_session_resets_automatic_names() -> None:
    scallion.utils.clear_session()
    assert network(seed=None).name == "functional"


def test_a_per_class_metric_records_one_array_per_epoch(
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = network(metrics=["precision", Precision(average=None, name="each")])
    history = model.fit(X, Y, epochs=2, verbose=2).history
    assert [np.shape(each) for each in history["each"]] == [(3,), (3,)]
    assert [np.mean(each) for each in history["each"]] == pytest.approx(history["precision"])
    shown = capsys.readouterr().out.splitlines()[1]
    assert f"each: {np.mean(history['each'][0]):.4f}" in shown
    _, precision, each = model.evaluate(X, Y, verbose=0)
    assert np.mean(each) == pytest.approx(precision)
    with pytest.raises(ArgumentError, match="has one per class"):
        model.fit(X, Y, callbacks=[EarlyStopping("each", mode="max")], verbose=0)
