"""Custom losses, in the styles of public scripts; `keras` is the package that they run on."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class CustomLoss(NamedTuple):
    """How to make a loss on a package, with the labels and the activation of the outputs."""

    make: Callable[[Any], Any]
    labels: str = "one-hot"
    activation: str | None = "softmax"


def squared(keras: Any) -> Any:
    """Return the mean squared error."""

    def my_mse(y_true: Any, y_pred: Any) -> Any:
        return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)

    return my_mse


def squared_by_operators(_keras: Any) -> Any:
    """Return a squared error without reduction."""
    return lambda y_true, y_pred: (y_true - y_pred) ** 2


def weighted_crossentropy(keras: Any) -> Any:
    """Return a cross-entropy with class weights from a closure."""
    weights = keras.ops.convert_to_tensor(np.array([1.0, 2.0, 0.5], "float32"))

    def weighted(y_true: Any, y_pred: Any) -> Any:
        y_pred = y_pred / keras.ops.sum(y_pred, axis=-1, keepdims=True)
        y_pred = keras.ops.clip(y_pred, 1e-7, 1 - 1e-7)
        return -keras.ops.sum(y_true * keras.ops.log(y_pred) * weights, axis=-1)

    return weighted


def focal(keras: Any) -> Any:
    """Return a focal loss."""

    def focal_loss(y_true: Any, y_pred: Any, gamma: float = 2.0, alpha: float = 0.25) -> Any:
        ops = keras.ops
        p = ops.clip(y_pred, 1e-7, 1.0 - 1e-7)
        p_t = ops.where(ops.equal(y_true, 1), p, 1 - p)
        alpha_t = ops.where(ops.equal(y_true, 1), alpha, 1 - alpha)
        return ops.mean(-alpha_t * ops.power(1 - p_t, gamma) * ops.log(p_t))

    return focal_loss


def dice(keras: Any) -> Any:
    """Return a Dice loss over the whole batch: a scalar."""

    def dice_loss(y_true: Any, y_pred: Any, smooth: float = 1.0) -> Any:
        ops = keras.ops
        t, p = ops.reshape(y_true, (-1,)), ops.reshape(y_pred, (-1,))
        overlap = ops.sum(t * p)
        return 1 - (2.0 * overlap + smooth) / (ops.sum(t) + ops.sum(p) + smooth)

    return dice_loss


def sparse_by_one_hot(keras: Any) -> Any:
    """Return a cross-entropy of logits with integer labels."""

    def sparse(y_true: Any, y_pred: Any) -> Any:
        ops = keras.ops
        labels = ops.one_hot(ops.cast(ops.reshape(y_true, (-1,)), "int32"), 3)
        return -ops.sum(labels * ops.log_softmax(y_pred, axis=-1), axis=-1)

    return sparse


def built_in_twice(keras: Any) -> Any:
    """Return a sum of built-in losses."""

    def both(y_true: Any, y_pred: Any) -> Any:
        entropy = keras.losses.categorical_crossentropy(y_true, y_pred, label_smoothing=0.1)
        return entropy + 0.5 * keras.losses.mean_squared_error(y_true, y_pred)

    return both


def instance_inside(keras: Any) -> Any:
    """Return a loss that calls an instance of a loss class."""
    entropy = keras.losses.CategoricalCrossentropy(from_logits=True, reduction=None)
    return lambda y_true, y_pred: entropy(y_true, y_pred) * 3.0


def smoothed_huber(keras: Any) -> Any:
    """Return a Huber loss by `where`."""

    def my_huber(y_true: Any, y_pred: Any) -> Any:
        ops = keras.ops
        error = y_true - y_pred
        small = ops.abs(error) <= 0.5
        return ops.where(small, ops.square(error) / 2, 0.5 * (ops.abs(error) - 0.25))

    return my_huber


def contrastive(keras: Any) -> Any:
    """Return a contrastive loss of distances."""

    def contrastive_loss(y_true: Any, y_pred: Any, margin: float = 1.0) -> Any:
        ops = keras.ops
        near = ops.square(y_pred)
        far = ops.square(ops.maximum(margin - y_pred, 0))
        return ops.mean((1 - y_true) * near + y_true * far)

    return contrastive_loss


def log_cosh_of_logits(keras: Any) -> Any:
    """Return log(cosh(error)) of a softmax taken inside."""

    def inside(y_true: Any, y_pred: Any) -> Any:
        p = keras.activations.softmax(y_pred)
        return keras.ops.mean(keras.ops.log(keras.ops.cosh(p - y_true)), axis=-1)

    return inside


def binary_by_hand(keras: Any) -> Any:
    """Return a weighted binary cross-entropy of logits."""

    def weighted_bce(y_true: Any, y_pred: Any) -> Any:
        ops = keras.ops
        p = ops.clip(ops.sigmoid(y_pred), keras.backend.epsilon(), 1 - keras.backend.epsilon())
        terms = 2.0 * y_true * ops.log(p) + (1 - y_true) * ops.log(1 - p)
        return -ops.mean(terms, axis=-1)

    return weighted_bce


def entropy_penalty(keras: Any) -> Any:
    """Return a cross-entropy with a penalty on confident outputs; the gradient of it stops."""

    def penalized(y_true: Any, y_pred: Any) -> Any:
        ops = keras.ops
        logs = ops.log(y_pred + 1e-7)
        weight = ops.stop_gradient(ops.max(y_pred, axis=-1))
        return -ops.sum(y_true * logs, axis=-1) * weight + 0.1 * ops.sum(y_pred * logs, axis=-1)

    return penalized


def tversky_class(keras: Any) -> Any:
    """Return an instance of a subclass with arguments."""

    class Tversky(keras.losses.Loss):
        def __init__(self, alpha: float = 0.7, **options: Any) -> None:
            super().__init__(**options)
            self.alpha = alpha

        def call(self, y_true: Any, y_pred: Any) -> Any:
            ops = keras.ops
            tp = ops.sum(y_true * y_pred, axis=0)
            fn = ops.sum(y_true * (1 - y_pred), axis=0)
            fp = ops.sum((1 - y_true) * y_pred, axis=0)
            return 1 - (tp + 1) / (tp + self.alpha * fn + (1 - self.alpha) * fp + 1)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "alpha": self.alpha}

    return Tversky(name="tversky")


def subclass_of_built_in(keras: Any) -> Any:
    """Return a subclass of a built-in loss that scales it, with reduction by sum."""

    class Doubled(keras.losses.CategoricalCrossentropy):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return super().call(y_true, y_pred) * 2

    return Doubled(reduction="sum", name="doubled")


def total_variation(keras: Any) -> Any:
    """Return a loss with differences of neighbouring outputs."""

    def varied(y_true: Any, y_pred: Any) -> Any:
        steps = y_pred[:, 1:] - y_pred[:, :-1]
        error = keras.losses.mean_squared_error(y_true, y_pred)
        return error + 0.1 * keras.ops.mean(keras.ops.abs(steps), -1)

    return varied


CUSTOM_LOSSES = {
    "squared": CustomLoss(squared),
    "squared by operators": CustomLoss(squared_by_operators, activation=None),
    "weighted cross-entropy": CustomLoss(weighted_crossentropy),
    "focal": CustomLoss(focal, activation="sigmoid"),
    "dice": CustomLoss(dice, activation="sigmoid"),
    "sparse by one-hot": CustomLoss(sparse_by_one_hot, "classes", None),
    "built-in twice": CustomLoss(built_in_twice),
    "instance inside": CustomLoss(instance_inside, activation=None),
    "huber": CustomLoss(smoothed_huber, activation=None),
    "contrastive": CustomLoss(contrastive, activation="relu"),
    "log cosh of logits": CustomLoss(log_cosh_of_logits, activation=None),
    "binary by hand": CustomLoss(binary_by_hand, activation=None),
    "entropy penalty": CustomLoss(entropy_penalty),
    "tversky class": CustomLoss(tversky_class, activation="sigmoid"),
    "subclass of built-in": CustomLoss(subclass_of_built_in),
    "total variation": CustomLoss(total_variation),
    # Losses of Keras, whose gradients are derived.
    "CategoricalGeneralizedCrossEntropy": CustomLoss(
        lambda keras: keras.losses.CategoricalGeneralizedCrossEntropy(0.7), "classes"
    ),
    "Circle": CustomLoss(lambda keras: keras.losses.Circle(gamma=4.0), "classes", "tanh"),
    "Dice": CustomLoss(lambda keras: keras.losses.Dice(), activation="sigmoid"),
    "Dice per image": CustomLoss(lambda keras: keras.losses.Dice(axis=1), activation="sigmoid"),
    "Tversky": CustomLoss(lambda keras: keras.losses.Tversky(0.3, 0.7), activation="sigmoid"),
}


def batch(case: CustomLoss, images: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Return images (n, 6) and labels of 3 classes as the loss takes them."""
    generator = np.random.default_rng(3)
    x = generator.normal(size=(images, 6)).astype(np.float32)
    classes = generator.integers(0, 3, images)
    return x, classes if case.labels == "classes" else np.eye(3, dtype=np.float32)[classes]


def network(keras: Any, case: CustomLoss) -> Any:
    """Return a compiled network with fixed weights."""
    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(5, activation="tanh"),
            keras.layers.Dense(3, activation=case.activation),
        ]
    )
    generator = np.random.default_rng(5)
    model.set_weights(
        [generator.normal(size=w.shape, scale=0.5).astype(np.float32) for w in model.get_weights()]
    )
    model.compile(keras.optimizers.SGD(0.1), loss=case.make(keras))
    return model
