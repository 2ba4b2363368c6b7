"""The metadata in the file of a model: classes, preprocessing, pixel range, splits, versions."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.insight.findings.out_of_distribution import OutOfDistributionDetector, fit_detector
from scallion.insight.metrics.abstention import choose_threshold
from scallion.insight.metrics.predictions import as_predictions, as_probabilities
from scallion.models import Model
from scallion.models.files.model_writer import update_metadata
from scallion.runs.folder.environment import Environment
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.training.preparation import PreparedRun

Compute = Callable[[NDArray[Any]], NDArray[np.float32]]

SAMPLE = 4000  # images per split that these statistics are from
_LEAST = 20  # validation images, below which no threshold can be chosen
_BATCH = 256


def metadata_of(prepared: PreparedRun, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return classes, preprocessing, pixel range, splits, versions and engine of a model."""
    images = prepared.splits.train.x
    here = Environment.here(prepared.settings.engine)
    return {
        "class_names": list(prepared.class_names),
        "preprocessing": config["preprocessing"],
        "input": {
            "shape": list(prepared.image_shape),
            "dtype": str(images.dtype),
            "range": pixel_range(images),
        },
        "data": {"name": prepared.name, "splits": config["splits"]},
        "versions": config["versions"],
        **({"notice": prepared.architecture.notice} if prepared.architecture.notice else {}),
        "engine": here.engine,
        "instruction_set": here.instruction_set,
    }


def add_validation_statistics(
    prepared: PreparedRun, run: RunFolder, compute: Compute | None = None
) -> None:
    """Add to the file of a trained model when its predictions should not be trusted.

    These are the out-of-distribution detector, and the threshold below which a prediction is not
    sure. `compute` returns the features of images; by default the model computes them. Raises
    FileError.
    """
    model, validation = prepared.model, prepared.splits.validation
    if len(validation) < _LEAST or model.metadata is None:
        return
    features = feature_model(model)

    def predict(images: NDArray[Any]) -> NDArray[np.float32]:
        if compute is not None:
            return compute(images)[:SAMPLE]
        return features.predict(images[:SAMPLE], batch_size=_BATCH, verbose=0)

    of_validation = predict(validation.x)
    detector = _fit_detector(prepared, predict(prepared.splits.train.x), of_validation)
    model.metadata["out_of_distribution"] = detector.as_dict()
    outputs = np.asarray(model.layers[-1](of_validation))
    threshold = choose_threshold(as_predictions(validation.y[:SAMPLE], as_probabilities(outputs)))
    if threshold is not None:
        model.metadata["abstention"] = threshold.as_dict()
    update_metadata(run.model, model)


def pixel_range(images: NDArray[Any]) -> list[float]:
    """Return the lowest and the highest pixel; 0 and 255 for uint8."""
    if images.dtype == np.uint8:
        return [0.0, 255.0]
    return [float(images.min()), float(images.max())]


def feature_model(model: Model) -> Model:
    """Return the part of a network before its last layer."""
    return Model(model.inputs[0], model.layers[-1].input, name=f"{model.name}_features")


def _fit_detector(
    prepared: PreparedRun,
    train_features: NDArray[np.float32],
    validation_features: NDArray[np.float32],
) -> OutOfDistributionDetector:
    """Fit a detector of images unlike the training images."""
    train, validation = prepared.splits.train, prepared.splits.validation
    return fit_detector(
        train_features,
        train.y[:SAMPLE],
        train.x[:SAMPLE],
        validation_features,
        validation.x[:SAMPLE],
    )
