"""One use of each public name of Keras in scope, for `keras` and `scallion` alike.

`use(library, "layers.Dense")` runs the name and returns what came out: arrays, numbers, text, or
lists of them. `scripts/differences.py` calls a name the same where both give the same.
"""

import inspect
import os
import tempfile
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

RANDOM = np.random.default_rng(5)
IMAGES = RANDOM.uniform(0.1, 0.9, (4, 6, 5, 3)).astype(np.float32)
ROWS = RANDOM.uniform(-2, 2, (4, 5)).astype(np.float32)
LABELS = np.array([0, 2, 1, 3])
PROBABILITIES = np.exp(ROWS) / np.exp(ROWS).sum(1, keepdims=True)
ARGUMENTS: dict[str, Any] = {
    "activation": "relu",
    "alpha": 1.5,
    "decay_rate": 0.5,
    "decay_steps": 10,
    "dims": (2, 1, 3),
    "factor": 0.2,
    "filters": 4,
    "first_decay_steps": 5,
    "fn": "mean",
    "function": lambda x: x * 2,
    "height": 4,
    "height_factor": 0.2,
    "initial_learning_rate": 0.1,
    "k": 2,
    "kernel_size": 3,
    "l": 0.1,
    "num_classes": 5,
    "pool_size": 2,
    "rate": 0.3,
    "scale": 0.5,
    "stddev": 0.2,
    "target_shape": (5, 18),
    "units": 5,
    "width": 3,
    "width_factor": 0.3,
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


def plain(value: Any) -> Any:
    """Return arrays as lists of numbers, in lists, and other values as they are."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    return np.asarray(value, np.float64).tolist()


def same(first: Any, second: Any) -> bool:
    """Return whether two results agree: numbers to 2e-5 of the largest, all else exactly."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(first[k], second[k]) for k in first)
    try:
        a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    except (TypeError, ValueError):
        if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
            return all(same(one, other) for one, other in zip(first, second, strict=True))
        return first == second
    most = max(float(np.abs(a[np.isfinite(a)]).max(initial=0)), 1e-3)
    return a.shape == b.shape and np.allclose(a, b, rtol=0, atol=2e-5 * most, equal_nan=True)


def _made(kind: Any, *first: Any) -> Any:
    """Return an instance with usual values for the required arguments."""
    required = [
        one.name
        for one in inspect.signature(kind).parameters.values()
        if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD
    ]
    return kind(*first, *[ARGUMENTS[one] for one in required[len(first) :]])


def _fill(layer: Any) -> None:
    random = np.random.default_rng(3)
    shapes = [weight.shape for weight in layer.weights]
    layer.set_weights([random.uniform(0.1, 0.9, shape).astype(np.float32) for shape in shapes])


def _layer(library: Any, kind: Any, **options: Any) -> Any:
    if not inspect.isclass(kind):  # add(inputs), dot(inputs, axes)
        x, y = library.Input((6, 5, 3)), library.Input((6, 5, 3))
        merged = kind([x, y])
        return library.Model([x, y], merged).predict([IMAGES, IMAGES * 2], verbose=0)
    layer = kind(**options) if options else _made(kind)
    x, y = library.Input((6, 5, 3)), library.Input((6, 5, 3))
    merges = kind.__name__ in (
        "Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract",
    )  # fmt: skip
    inputs = [x, y] if merges else x
    model = library.Model(inputs, layer(inputs))
    _fill(layer)
    images = [IMAGES, IMAGES * 2] if merges else IMAGES
    return [
        model.predict(images, verbose=0),
        list(model.output_shape),
        [list(weight.shape) for weight in layer.weights],
    ]


def _loss(library: Any, kind: Any) -> Any:
    name = getattr(kind, "__name__", "").lower().replace("_", "")
    targets = LABELS if name.startswith("sparse") else np.eye(5, dtype=np.float32)[LABELS]
    weights = np.array([1, 2, 0, 1], np.float32)
    if inspect.isclass(kind):
        return [kind()(targets, PROBABILITIES), kind()(targets, PROBABILITIES, weights)]
    return kind(targets, PROBABILITIES)


def _metric(library: Any, kind: Any) -> Any:
    if not inspect.isclass(kind):
        return _loss(library, kind)
    name = kind.__name__
    targets: Any = np.eye(5, dtype=np.float32)[LABELS]
    outputs: Any = PROBABILITIES
    if name.startswith("Sparse"):
        targets = LABELS
    if name == "Accuracy":
        targets, outputs = LABELS, np.array([0, 2, 2, 3])
    metric = _made(kind)
    if name in ("Mean", "Sum"):
        metric.update_state(outputs)
        metric.update_state(outputs[:2], sample_weight=np.float32(0.5))
    else:
        metric.update_state(targets, outputs)
        metric.update_state(targets[::-1].copy(), outputs, sample_weight=np.ones(4, np.float32) / 2)
    return [metric.name, metric.result()]


def _model(library: Any) -> Any:
    model = library.Sequential([library.Input((5,)), library.layers.Dense(4)], name="net")
    _fill(model)
    return model


def _trained(library: Any, optimizer: Any, callbacks: Any = None, epochs: int = 3) -> list[Any]:
    model = _model(library)
    loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["accuracy"])
    history = model.fit(
        ROWS, LABELS, batch_size=4, epochs=epochs, verbose=0, callbacks=callbacks or [],
        validation_data=(ROWS, LABELS), shuffle=False,
    )  # fmt: skip
    return [history.history, model.get_weights()]


def _optimizer(library: Any, kind: Any) -> Any:
    return _trained(library, kind(learning_rate=0.05))


def _schedule(library: Any, kind: Any) -> Any:
    schedule = _made(kind)
    return [float(schedule(step)) for step in (0, 3, 7, 12)]


def _callback(library: Any, kind: Any) -> Any:
    return _trained(library, library.optimizers.SGD(0.1), [_made(kind)])


def _initializer(library: Any, kind: Any) -> Any:
    name = kind.__name__.lower().replace("_", "")
    array = np.asarray(plain(_made(kind)((200, 200))))
    if any(part in name for part in ("constant", "zeros", "ones", "identity")):
        return array
    return [list(array.shape), round(float(array.std()), 2), abs(float(array.mean())) < 0.02]


def _regularizer(library: Any, kind: Any) -> Any:
    made = _made(kind)
    return float(made(library.ops.convert_to_tensor(ROWS)))


def _constraint(library: Any, kind: Any) -> Any:
    return _made(kind)(library.ops.convert_to_tensor(ROWS))


def _activation(library: Any, function: Any) -> Any:
    return function(library.ops.convert_to_tensor(ROWS))


RECIPES: dict[str, Callable[[Any, Any], Any]] = {
    "activations": _activation,
    "callbacks": _callback,
    "constraints": _constraint,
    "initializers": _initializer,
    "layers": _layer,
    "losses": _loss,
    "metrics": _metric,
    "optimizers": _optimizer,
    "optimizers.schedules": _schedule,
    "regularizers": _regularizer,
}


def _custom_layer(library: Any, base: Any) -> Any:
    class Scaled(base):
        def build(self, input_shape: Any) -> None:
            self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")

        def call(self, inputs: Any) -> Any:
            return inputs * self.scale + 1.0

    return _layer(library, Scaled)


def _input(library: Any, function: Any) -> Any:
    tensor = function(shape=(6, 5, 3), name="image")
    return [list(tensor.shape), tensor.name]


def _input_layer(library: Any, kind: Any) -> Any:
    layers = library.layers
    model = library.Sequential([kind(shape=(5,)), layers.Dense(2)])
    return [model.count_params(), list(model.output_shape)]


def _normalization(library: Any, kind: Any) -> Any:
    layer = kind()
    layer.adapt(IMAGES)
    return layer(IMAGES)


def _functional_model(library: Any, kind: Any) -> Any:
    x = library.Input((5,), name="x")
    layer = library.layers.Dense(3, name="d")
    model = kind(x, layer(x), name="m")
    _fill(model)
    return [model.predict(ROWS, verbose=0), model.name, [one.name for one in model.layers]]


def _sequential(library: Any, kind: Any) -> Any:
    model = kind()
    model.add(library.Input((5,)))
    model.add(library.layers.Dense(3))
    _fill(model)
    return [model.predict(ROWS, verbose=0), list(model.output_shape), model.count_params()]


def _clone(library: Any, function: Any) -> Any:
    model = _model(library)
    copy = function(model)
    copy.set_weights(model.get_weights())
    return copy.predict(ROWS, verbose=0)


def _files(library: Any, _function: Any) -> Any:
    found = []
    for name in ("m.keras", "m.h5"):
        library.models.save_model(_model(library), name)
        found.append(library.models.load_model(name).predict(ROWS, verbose=0))
    return found


def _from_json(library: Any, function: Any) -> Any:
    model = function(_model(library).to_json())
    return [model.name, model.count_params()]


def _base_loss(library: Any, base: Any) -> Any:
    class Squared(base):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return library.ops.mean(library.ops.square(y_pred - y_true), axis=-1)

    return Squared()(np.eye(5, dtype=np.float32)[LABELS], PROBABILITIES)


def _base_metric(library: Any, base: Any) -> Any:
    class Count(base):
        def __init__(self, name: str = "count", **options: Any) -> None:
            super().__init__(name=name, **options)
            self.total = self.add_weight(name="total", initializer="zeros")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.total.assign(self.total + float(len(y_true)))

        def result(self) -> Any:
            return self.total

    metric = Count()
    metric.update_state(LABELS, LABELS)
    metric.update_state(LABELS, LABELS)
    return [metric.name, float(metric.result())]


def _wrapped_metric(library: Any, kind: Any) -> Any:
    metric = kind(lambda y_true, y_pred: library.ops.abs(y_true - y_pred), name="error")
    metric.update_state(np.ones((4, 5), np.float32), PROBABILITIES)
    return [metric.name, metric.result()]


def _base_optimizer(library: Any, base: Any) -> Any:
    return [issubclass(library.optimizers.Adam, base), isinstance(library.optimizers.SGD(), base)]


def _base_schedule(library: Any, base: Any) -> Any:
    class Halved(base):
        def __call__(self, step: Any) -> Any:
            return 0.1 / (1.0 + step)

        def get_config(self) -> dict[str, Any]:
            return {}

    return _trained(library, library.optimizers.SGD(Halved()))


def _piecewise(library: Any, kind: Any) -> Any:
    return [float(kind([2, 5], [1.0, 0.5, 0.1])(step)) for step in (0, 2, 3, 5, 9)]


def _base_callback(library: Any, base: Any) -> Any:
    seen: list[Any] = []

    class Notes(base):
        def on_train_begin(self, logs: Any = None) -> None:
            seen.append(sorted(self.params))

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            seen.append([batch, sorted(logs)])

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seen.append([epoch, sorted(logs)])
            self.model.stop_training = epoch == 1

    history, _ = _trained(library, "sgd", [Notes()])
    return [seen, len(history["loss"])]


def _callback_list(library: Any, kind: Any) -> Any:
    seen: list[Any] = []
    one = library.callbacks.LambdaCallback(on_epoch_end=lambda epoch, _: seen.append(epoch))
    callbacks = kind([one], model=_model(library))
    callbacks.on_epoch_end(3, {})
    return seen


def _csv_logger(library: Any, kind: Any) -> Any:
    _trained(library, library.optimizers.SGD(0.1), [kind("log.csv")])
    rows = [line.split(",") for line in Path("log.csv").read_text(encoding="utf-8").splitlines()]
    return [rows[0], [[float(one) for one in row] for row in rows[1:]]]


def _backup(library: Any, kind: Any) -> Any:
    return _trained(library, library.optimizers.SGD(0.1), [kind("backup")])


def _early_stopping(library: Any, kind: Any) -> Any:
    stop = kind("loss", min_delta=10, patience=1, restore_best_weights=True)
    return [*_trained(library, library.optimizers.SGD(0.1), [stop], 6), stop.stopped_epoch]


def _lambda_callback(library: Any, kind: Any) -> Any:
    seen: list[Any] = []
    _trained(library, "sgd", [kind(on_epoch_begin=lambda epoch, _: seen.append(epoch))])
    return seen


def _rate_scheduler(library: Any, kind: Any) -> Any:
    halve = kind(lambda _, rate: rate * 0.5)
    return _trained(library, library.optimizers.SGD(0.1), [halve])


def _checkpoint(library: Any, kind: Any) -> Any:
    options = {"save_weights_only": True}
    _trained(library, library.optimizers.SGD(0.1), [kind("{epoch}.weights.h5", **options)])
    model = _model(library)
    model.load_weights("3.weights.h5")
    return [sorted(one.name for one in Path().iterdir()), model.get_weights()]


def _plateau(library: Any, kind: Any) -> Any:
    reduce = kind("loss", factor=0.1, patience=1, min_delta=10, min_lr=1e-4)
    return _trained(library, library.optimizers.SGD(0.1), [reduce], 5)


def _base_initializer(library: Any, base: Any) -> Any:
    class Threes(base):
        def __call__(self, shape: Any, dtype: Any = None, **options: Any) -> Any:
            return library.ops.full(shape, 3.0)

    return [issubclass(library.initializers.Zeros, base), Threes()((2, 2))]


def _base_regularizer(library: Any, base: Any) -> Any:
    return [issubclass(library.regularizers.L2, base), isinstance(library.regularizers.L1(), base)]


def _orthogonal_regularizer(library: Any, kind: Any) -> Any:
    return float(kind(0.1, mode="columns")(library.ops.convert_to_tensor(ROWS)))


def _base_constraint(library: Any, base: Any) -> Any:
    return issubclass(library.constraints.NonNeg, base)


def _dataset(library: Any, kind: Any) -> Any:
    class Batches(kind):
        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> Any:
            part = slice(2 * index, 2 * index + 2)
            return ROWS[part], LABELS[part]

    model = _model(library)
    model.compile("sgd", library.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model.evaluate(Batches(), verbose=0)


def _image_file(library: Any, _function: Any) -> Any:
    utils = library.utils
    utils.save_img("image.png", IMAGES[0] * 255, scale=False)
    image = utils.load_img("image.png", target_size=(4, 4))
    back = utils.img_to_array(utils.array_to_img(utils.img_to_array(image), scale=False))
    return [back, list(image.size)]


def _image_folder(library: Any, function: Any) -> Any:
    for number in range(6):
        Path(f"photos/{'ab'[number % 2]}").mkdir(parents=True, exist_ok=True)
        pixels = np.full((5, 5, 3), 20 * number, np.float32)
        library.utils.save_img(f"photos/{'ab'[number % 2]}/{number}.png", pixels, scale=False)
    found = function("photos", image_size=(5, 5), batch_size=4, shuffle=False)
    return [found.class_names, [[np.asarray(x), np.asarray(y)] for x, y in found]]


def _get_file(library: Any, function: Any) -> Any:
    Path("cache/datasets").mkdir(parents=True)
    Path("cache/datasets/there.txt").write_text("x", encoding="utf-8")
    return Path(function("there.txt", "https://example.org/there.txt", cache_dir="cache")).name


def _plot_model(library: Any, function: Any) -> Any:
    try:
        function(_model(library), "net.png", show_shapes=True)
    except ImportError:  # Keras needs Graphviz
        return True
    return Path("net.png").stat().st_size > 0 or None


def _split_dataset(library: Any, function: Any) -> Any:
    left, right = function(ROWS, left_size=0.5)
    return [len(list(left)), len(list(right))]


def _seeded(library: Any, function: Any) -> Any:
    function(3)
    first = np.random.rand()
    function(3)
    return first == np.random.rand()


SPECIAL: dict[str, Callable[[Any, Any], Any]] = {
    "backend.backend": lambda _, function: isinstance(function(), str),
    "backend.clear_session": lambda _, function: function(),
    "backend.epsilon": lambda _, function: function(),
    "backend.floatx": lambda _, function: function(),
    "backend.get_uid": lambda _, function: [function("own"), function("own")],
    "backend.image_data_format": lambda _, function: function(),
    "backend.is_float_dtype": lambda _, function: [function("float32"), function("int8")],
    "backend.is_int_dtype": lambda _, function: [function("float32"), function("int8")],
    "backend.is_keras_tensor": lambda library, function: [
        bool(function(library.Input((3,)))),
        bool(function(ROWS)),
    ],
    "backend.set_epsilon": lambda _, function: function(1e-7),
    "backend.set_floatx": lambda _, function: function("float32"),
    "backend.set_image_data_format": lambda _, function: function("channels_last"),
    "backend.standardize_dtype": lambda _, function: [function(None), function(np.int32)],
    "callbacks.BackupAndRestore": _backup,
    "callbacks.CSVLogger": _csv_logger,
    "callbacks.Callback": _base_callback,
    "callbacks.CallbackList": _callback_list,
    "callbacks.EarlyStopping": _early_stopping,
    "callbacks.LambdaCallback": _lambda_callback,
    "callbacks.LearningRateScheduler": _rate_scheduler,
    "callbacks.ModelCheckpoint": _checkpoint,
    "callbacks.ReduceLROnPlateau": _plateau,
    "callbacks.SwapEMAWeights": lambda library, kind: _trained(
        library, library.optimizers.SGD(0.1, use_ema=True), [kind()]
    ),
    "callbacks.RemoteMonitor": lambda _, kind: kind().root,
    "constraints.Constraint": _base_constraint,
    "initializers.Initializer": _base_initializer,
    "layers.GroupNormalization": lambda library, kind: _layer(library, kind, groups=3),
    "layers.Input": _input,
    "layers.InputLayer": _input_layer,
    "layers.Layer": _custom_layer,
    "layers.Normalization": _normalization,
    "losses.Loss": _base_loss,
    "metrics.MeanMetricWrapper": _wrapped_metric,
    "metrics.Metric": _base_metric,
    "models.Model": _functional_model,
    "models.Sequential": _sequential,
    "models.clone_model": _clone,
    "models.load_model": _files,
    "models.model_from_json": _from_json,
    "models.save_model": _files,
    "optimizers.Optimizer": _base_optimizer,
    "optimizers.schedules.LearningRateSchedule": _base_schedule,
    "optimizers.schedules.PiecewiseConstantDecay": _piecewise,
    "regularizers.OrthogonalRegularizer": _orthogonal_regularizer,
    "regularizers.Regularizer": _base_regularizer,
    "utils.PyDataset": _dataset,
    "utils.Sequence": _dataset,
    "utils.array_to_img": _image_file,
    "utils.clear_session": lambda _, function: function(),
    "utils.get_file": _get_file,
    "utils.image_dataset_from_directory": _image_folder,
    "utils.img_to_array": _image_file,
    "utils.load_img": _image_file,
    "utils.normalize": lambda _, function: function(ROWS, axis=1),
    "utils.plot_model": _plot_model,
    "utils.save_img": _image_file,
    "utils.set_random_seed": _seeded,
    "utils.split_dataset": _split_dataset,
    "utils.to_categorical": lambda _, function: function(LABELS, 5),
}
