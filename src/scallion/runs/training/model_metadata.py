"""The metadata in the file of a model: classes, preprocessing, pixel range, splits, versions."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.insight.findings.out_of_distribution import OutOfDistributionDetector, fit_detector
from scallion.models import Model
from scallion.models.files.model_writer import update_metadata
from scallion.runs.folder.environment import Environment
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.training.preparation import PreparedRun

Compute = Callable[[NDArray[Any]], NDArray[np.float32]]

SAMPLE = 4000  # images per split that the out-of-distribution detector is fitted on
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


def add_detector(prepared: PreparedRun, run: RunFolder, compute: Compute | None = None) -> None:
    """Add the out-of-distribution detector to the file of a trained model.

    `compute` returns the features of images; by default the model computes them. Raises FileError.
    """
    model = prepared.model
    detector = _fit_detector(prepared, compute)
    if detector is not None and model.metadata is not None:
        model.metadata["out_of_distribution"] = detector.as_dict()
        update_metadata(run.model, model)


def pixel_range(images: NDArray[Any]) -> list[float]:
    """Return the lowest and the highest pixel; 0 and 255 for uint8."""
    if images.dtype == np.uint8:
        return [0.0, 255.0]
    return [float(images.min()), float(images.max())]


def feature_model(model: Model) -> Model:
    """Return the part of a network before its last layer."""
    return Model(model.inputs[0], model.layers[-1].input, name=f"{model.name}_features")


def _fit_detector(prepared: PreparedRun, known: Compute | None) -> OutOfDistributionDetector | None:
    """Fit a detector of images unlike the training images; None for too few images."""
    train, validation = prepared.splits.train, prepared.splits.validation
    if len(validation) < _LEAST:
        return None
    features = feature_model(prepared.model)

    def compute(images: NDArray[Any]) -> NDArray[np.float32]:
        return features.predict(images, batch_size=_BATCH, verbose=0)

    seen, new = train.x[:SAMPLE], validation.x[:SAMPLE]
    if known is not None:
        old_features, new_features = known(train.x)[:SAMPLE], known(validation.x)[:SAMPLE]
    else:
        old_features, new_features = compute(seen), compute(new)
    return fit_detector(old_features, train.y[:SAMPLE], seen, new_features, new)
