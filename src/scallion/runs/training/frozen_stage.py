"""The first epoch of a pretrained network: features of all images, and a linear classifier."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import session
from scallion.applications.feature_cache import cached_features
from scallion.applications.logistic_regression import fit_classifier
from scallion.callbacks import Callback
from scallion.layers import Dense, Input
from scallion.models import Model
from scallion.runs.training.data_loading import OnImages
from scallion.runs.training.preparation import PreparedRun
from scallion.runs.training.run_result import Score
from scallion.runs.training.splits import LabelledImages

_BATCH = 32


class FrozenStage:
    """Fits the last layer of a network to the features that the layers before it compute.

    It is recorded as the first epoch. Features come from a cache on disk if it has them.
    `on_features` is called while they are computed, with how many images are done and how many
    there are.
    """

    def __init__(
        self,
        prepared: PreparedRun,
        listeners: Sequence[Callback],
        on_features: OnImages | None = None,
    ) -> None:
        self._prepared = prepared
        self._on_features = on_features
        self._listeners = list(listeners)
        self._last = prepared.model.layers[-1]
        self._known: dict[int, NDArray[np.float32]] = {}

    def run(self, callbacks: Sequence[Callback]) -> None:
        """Fit the last layer, and call the callbacks as an epoch of `fit` does.

        Raises KeyboardInterrupt if a listener does.
        """
        model, splits = self._prepared.model, self._prepared.splits
        model.stop_training = False
        for callback in callbacks:
            callback.set_model(model)
            callback.on_train_begin({})
        for callback in callbacks:
            callback.on_epoch_begin(0, {})
        train = splits.train
        classifier = fit_classifier(
            self.features(train.x),
            train.y.astype(np.int64),
            len(self._prepared.class_names),
            train.weights,
        )
        self._last.set_weights([classifier.kernel, classifier.bias])
        for callback in callbacks:
            callback.on_test_begin({})
        logs = self._logs()
        for callback in callbacks:
            callback.on_epoch_end(0, logs)
        for callback in callbacks:
            callback.on_train_end(logs)

    def features(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Return the features (n, d) of images as the pretrained layers compute them."""
        if id(images) not in self._known:
            self._known[id(images)] = cached_features(images, self._prepared.scale, self._compute)
        return self._known[id(images)]

    def score(self, images: LabelledImages) -> Score:
        """Return how many images are classified correctly, while only the last layer is trained."""
        kernel, bias = self._last.get_weights()
        predicted = (self.features(images.x) @ kernel + bias).argmax(axis=1)
        return Score(int((predicted == images.y).sum()), len(images))

    def _compute(self, images: NDArray[Any]) -> NDArray[np.float32]:
        model = self._prepared.model
        network = Model(model.inputs[0], self._last.input, name="features")
        listeners = [*self._listeners]
        if self._on_features is not None:
            listeners.append(_Progress(self._on_features, len(images)))
        return network.predict(images, batch_size=_BATCH, verbose=0, callbacks=listeners)

    def _logs(self) -> dict[str, Any]:
        """Return loss and metrics of training and validation images, as `fit` names them."""
        prepared, splits = self._prepared, self._prepared.splits
        with session.isolated_session():
            head = _head(prepared, self._last.get_weights())
            logs: Any = head.evaluate(
                self.features(splits.train.x),
                splits.train.y,
                sample_weight=splits.train.weights,
                verbose=0,
                return_dict=True,
            )
            validation: Any = head.evaluate(
                self.features(splits.validation.x), splits.validation.y, verbose=0, return_dict=True
            )
        logs = {**logs, **{f"val_{name}": value for name, value in validation.items()}}
        return dict(sorted(logs.items()))


class _Progress(Callback):
    """Reports after each batch of how many images the features are computed."""

    def __init__(self, on_features: OnImages, total: int) -> None:
        super().__init__()
        self._report = on_features
        self._total = total

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """Report the images of all batches so far."""
        self._report(min((batch + 1) * _BATCH, self._total), self._total)


def _head(prepared: PreparedRun, weights: list[NDArray[np.float32]]) -> Model:
    features = Input((len(weights[0]),))
    head = Model(features, Dense(len(weights[1]))(features))
    head.set_weights(weights)
    prepared.recipe.compile(
        head, steps=1, metrics=prepared.settings.metrics, engine=prepared.settings.engine
    )
    return head
