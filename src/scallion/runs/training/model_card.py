"""What a model's file says about itself: `about` in its `scallion.json`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.insight.findings.out_of_distribution import OutOfDistributionDetector, fit_detector
from scallion.models import Model
from scallion.models.saving import update_model_card
from scallion.runs.folder.environment import Environment
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.training.preparation import PreparedRun

SAMPLE = 4000  # images of a split that familiarity is learned from
_LEAST = 20  # validation images, below which no limit can be told


def about(prepared: PreparedRun, config: Mapping[str, Any]) -> dict[str, Any]:
    """Classes, preprocessing, range of pixels, splits and versions, the last as configured."""
    images = prepared.splits.train.x
    here = Environment.here()
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
        "engine": here.engine,
        "instruction_set": here.instruction_set,
    }


def complete(prepared: PreparedRun, run: RunFolder) -> None:
    """Add to the file of a trained model what tells unfamiliar images. Raises FileError."""
    model = prepared.model
    learned = familiarity(prepared)
    if learned is not None and model.model_card is not None:
        model.model_card["out_of_distribution"] = learned.as_dict()
        update_model_card(run.model, model)


def pixel_range(images: NDArray[Any]) -> list[float]:
    """The lowest and the highest pixel, for bytes 0 and 255."""
    if images.dtype == np.uint8:
        return [0.0, 255.0]
    return [float(images.min()), float(images.max())]


def feature_model(model: Model) -> Model:
    """The part of a network whose output the last layer sees."""
    return Model(model.inputs[0], model.layers[-1].input, name=f"{model.name}_features")


def familiarity(prepared: PreparedRun) -> OutOfDistributionDetector | None:
    """What tells images apart that are unlike the training images; None for too few images."""
    train, held = prepared.splits.train, prepared.splits.validation
    if len(held) < _LEAST:
        return None
    part = feature_model(prepared.model)

    def features(images: NDArray[Any]) -> NDArray[np.float32]:
        return part.predict(images, batch_size=256, verbose=0)

    seen, new = train.x[:SAMPLE], held.x[:SAMPLE]
    return fit_detector(features(seen), train.y[:SAMPLE], seen, features(new), new)
