"""The choice of a model for the user's own images: `--model auto`.

The rule is as simple as the measurements behind it: see docs/how-to/pretrained-networks.md.
"""

import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from scallion import engine as engines
from scallion import images
from scallion.applications.pretrained import PRETRAINED
from scallion.images.resizing import parse_size
from scallion.images.splitting.splits import FRACTIONS
from scallion.models.builtin.architectures import QUICK
from scallion.runs.training import overrides
from scallion.runs.training.settings import AUTO, Settings
from scallion.runs.training.splits import RunData

MOST_PER_CLASS = 200  # training images, up to which a pretrained network was measured to be better
LEAST_SIDE = 32  # pixels; smaller photographs were not measured


@dataclass(frozen=True, slots=True)
class _Images:
    """What the choice depends on: training images per class, colour, and pixels."""

    per_class: float
    is_colour: bool
    shorter_side: float


def choose_by_files(settings: Settings) -> tuple[Settings, str | None]:
    """Return the settings with a model, chosen from the listing of an image folder, and why.

    No pixels are read. Nothing is chosen for a folder of arrays. Raises what `images.load` raises.
    """
    survey = images.survey(str(settings.data))
    if survey is None:
        return settings, None
    count = survey.count if settings.limit is None else min(settings.limit, survey.count)
    per_class = FRACTIONS[0] * count / survey.classes
    side = survey.shorter_side if settings.size is None else min(parse_size(settings.size))
    return _choose(settings, _Images(per_class, survey.is_colour, side))


def choose_by_arrays(settings: Settings, data: RunData) -> tuple[Settings, str]:
    """Return the settings with a model, chosen from images in memory, and why."""
    x = data.splits.train.x
    per_class = len(x) / len(data.class_names)
    return _choose(settings, _Images(per_class, x.shape[-1] == 3, min(x.shape[1:3])))


def choose_by_name(settings: Settings) -> Settings:
    """Return the settings with the model for named data sets, which have no choice."""
    return replace(settings, model=QUICK.name)


def _choose(settings: Settings, found: _Images) -> tuple[Settings, str]:
    """Choose the pretrained network for few colour photographs per class, else `quick`."""
    count = f"{found.per_class:,.0f} training images per class"
    if overrides.for_layers(settings.overrides):
        name, reason = QUICK.name, "--set changes its layers"
    elif engines.resolve(settings.engine) == "reference":
        name, reason = QUICK.name, "the reference engine is slow"
    elif not found.is_colour:
        name, reason = QUICK.name, "the images are grey"
    elif found.shorter_side < LEAST_SIDE:
        name, reason = QUICK.name, f"the images have fewer than {LEAST_SIDE} pixels per side"
    elif found.per_class > MOST_PER_CLASS:
        name, reason = QUICK.name, f"{count} are more than {MOST_PER_CLASS}"
    else:
        name, reason = PRETRAINED.name, f"{count} in colour are at most {MOST_PER_CLASS}"
    other = QUICK.name if name == PRETRAINED.name else PRETRAINED.name
    path = str(settings.data) if isinstance(settings.data, str | Path) else "DATA"
    command = shlex.join(["scallion", "train", path, "--model", other])
    return replace(settings, model=name), f"{name}, because {reason}; the other one: {command}"


__all__ = ["AUTO", "choose_by_arrays", "choose_by_files", "choose_by_name"]
