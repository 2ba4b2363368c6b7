"""Arguments of `compile` and `fit`: accepted values, and errors for others."""

import numpy as np
import pytest

import scallion
from scallion.engine.reference.engine import ReferenceEngine
from scallion.errors import ArgumentError, StateError, UnknownNameError, UnsupportedError
from scallion.layers import Dense, Flatten, Input
from scallion.models import Model


def network(outputs: int = 1) -> Model:
    start = Input((4, 4, 1))
    flat = Flatten()(start)
    ends = [Dense(3, activation="softmax", name=f"out{place}")(flat) for place in range(outputs)]
    return Model(start, ends if outputs > 1 else ends[0])


X, Y = np.random.default_rng(0).random((10, 4, 4, 1)), np.arange(10) % 3


def test_the_default_optimizer_is_rmsprop() -> None:
    model = network()
    model.compile(loss="mse")
    assert type(model.optimizer).__name__ == "RMSprop"  # keras.Model().compile(), 3.15


@pytest.mark.parametrize("work", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_training_methods_before_compile_raise(work: str) -> None:
    with pytest.raises(StateError, match="'functional' is not compiled") as caught:
        getattr(network(), work)(X, Y)
    assert "model.compile('adam', 'sparse_categorical_crossentropy')" in str(caught.value)


def test_predict_needs_no_compile() -> None:
    model = network()
    answers = model.predict(X, verbose=0)
    assert answers.shape == (10, 3)
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)
    assert np.array_equal(model(X), model.predict_on_batch(X))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"optimizer": "adm"}, "unknown optimizer. Received: 'adm'\nhint: did you mean 'Adam'?"),
        (
            {"loss": "sparse_categorical_entropy"},
            "unknown loss. Received: 'sparse_categorical_entropy'\nhint: did you mean 'sparse_cat",
        ),
        ({"metrics": ["acuracy"]}, "unknown metric. Received: 'acuracy'\nhint: did you mean"),
    ],
)
def test_unknown_names_suggest_the_nearest(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        network().compile(**arguments)
    assert str(caught.value).startswith(said)


def test_metrics_that_are_not_a_list_raise() -> None:
    with pytest.raises(ArgumentError, match="`metrics` is a list") as caught:
        network().compile("sgd", "mse", metrics="accuracy")
    assert caught.value.hint == "metrics=['accuracy']"


def test_fit_without_a_loss_raises() -> None:
    model = network()
    model.compile("sgd")
    with pytest.raises(StateError, match="there is no loss for the output 'out0'"):
        model.fit(X, Y, verbose=0)


def test_other_compile_arguments_of_keras_are_accepted() -> None:
    model = network()
    model.compile(
        "sgd",
        "mse",
        run_eagerly=True,
        steps_per_execution=4,
        jit_compile=False,
        auto_scale_loss=False,
    )
    assert model.compiled


def test_a_metric_may_be_a_function() -> None:
    def always_one(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return np.ones(len(y_true))

    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[always_one])
    assert model.fit(X, Y, verbose=0).history["always_one"] == [1.0]


# keras 3.15.1: evaluate and the history of a model compiled with
# metrics=["acc", "accuracy"], weighted_metrics=["acc"], weights 0, 1, 2, 3
def test_equal_metrics_are_named_as_in_keras() -> None:
    model = network()
    model.compile(
        "sgd",
        "sparse_categorical_crossentropy",
        metrics=["acc", "accuracy"],
        weighted_metrics=["acc"],
    )
    history = model.fit(X, Y, sample_weight=np.arange(10.0), verbose=0).history
    assert list(history) == ["acc", "accuracy", "loss", "weighted_acc"]
    assert model.metrics_names == ["loss", "compile_metrics"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"loss": ["mse"]}, "the model has 2 outputs: out0, out1. Received: 1 entries in loss"),
        ({"loss": {"out2": "mse"}}, "`loss` names an output that does not exist. Received: 'out2'"),
        ({"metrics": ["accuracy"]}, "Received: 1 entries in metrics"),
        ({"metrics": {"out": ["accuracy"]}}, "`metrics` names an output that does not exist"),
        ({"loss_weights": ["a", "b"]}, "`loss_weights` are finite numbers, one per output"),
    ],
)
def test_several_outputs_need_one_entry_each(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        network(2).compile("sgd", **{"loss": "mse"} | arguments)
    assert said in str(caught.value)


def test_class_weights_need_one_output_and_no_sample_weights() -> None:
    model = network(2)
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(UnsupportedError, match="models with one output"):
        model.fit(X, [Y, Y], class_weight={0: 2.0}, verbose=0)
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ArgumentError, match="cannot both be given"):
        model.fit(X, Y, class_weight={0: 2.0}, sample_weight=np.ones(10), verbose=0)
    with pytest.raises(ArgumentError, match="a dict from class index to weight"):
        model.fit(X, Y, class_weight="balanced", verbose=0)


def test_layers_frozen_after_compile_are_not_updated() -> None:
    scallion.utils.set_random_seed(0)
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(X, Y, verbose=0)
    model.trainable = False
    before = model.get_weights()
    with pytest.warns(UserWarning, match="no weight of the network is trained"):
        model.fit(X, Y, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    model.trainable = True
    model.fit(X, Y, verbose=0)
    assert not np.array_equal(before[0], model.get_weights()[0])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"batch_size": 0}, "`batch_size` is an integer of at least 1. Received: batch_size=0"),
        ({"batch_size": 2.5}, "batch_size=2.5"),
        ({"epochs": -1}, "`epochs` is an integer of at least 0"),
        ({"epochs": "10"}, "epochs='10'"),
        ({"steps_per_epoch": 0}, "`steps` is an integer of at least 1"),
        ({"shuffle": "batch"}, "`shuffle` is True or False"),
        ({"verbose": "loud"}, "`verbose` is 'auto', 0, 1 or 2"),
        ({"validation_freq": 0}, "`validation_freq` is an integer"),
        ({"validation_split": 1.5}, "`validation_split` is a fraction between 0 and 1"),
        ({"validation_data": X}, "`validation_data` is a pair of images and labels"),
        ({"callbacks": [print]}, "a callback must have the hooks of Callback"),
    ],
)
def test_invalid_arguments_of_fit_raise(options: dict[str, object], said: str) -> None:
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ArgumentError) as caught:
        model.fit(X, Y, **{"verbose": 0} | options)
    assert said in str(caught.value)
    assert caught.value.hint


def test_compile_chooses_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCALLION_ENGINE")
    model = network()
    assert model.engine == "auto"
    model.compile("sgd", "sparse_categorical_crossentropy", engine="reference")
    model.fit(X, Y, verbose=0)
    model.predict(X, verbose=0)
    assert model.engine == "reference"
    assert isinstance(model._training_engine(), ReferenceEngine)
    assert isinstance(model._prediction_engine(), ReferenceEngine)


def test_an_unknown_engine_raises_in_compile() -> None:
    with pytest.raises(ArgumentError, match="Received: engine='gpu'"):
        network().compile("sgd", "sparse_categorical_crossentropy", engine="gpu")
