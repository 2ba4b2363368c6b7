"""The settings of a run: one JSON document that decides everything about it."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scallion import file_versions, files
from scallion.errors import ArgumentError, FileError, UnknownNameError
from scallion.keyword_names import refuse_unknown_names
from scallion.runs.training.data_reference import DataReference, refer_to

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from scallion.datasets import DatasetArrays
    from scallion.images import ImageSet

    Pair = tuple[ArrayLike, ArrayLike]
    Data = str | Path | Pair | tuple[Pair, Pair] | DatasetArrays | ImageSet | DataReference

AUTO = "auto"  # the model is chosen from the images
OWN = "own"  # the augmentation that belongs to the model's recipe
_OPTIONS = {"learning_rate": "lr"}
_NONE = type(None)
_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("model", "augment", "engine", "out"), (str,)),
    **dict.fromkeys(("size", "fit", "group"), (str, int, _NONE)),
    **dict.fromkeys(("epochs", "batch_size", "limit", "patience"), (int, _NONE)),
    "steps": (int, str, _NONE),
    "learning_rate": (int, float, _NONE),
    "seed": (int,),
    "balance": (bool,),
    "metrics": (list, tuple),
    "overrides": (Mapping,),
    "data": (str, Mapping),
}


@refuse_unknown_names("setting")
@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a run: data, model and training; None takes the default of the model's recipe.

    Args:
        data: The name of a data set, the path of an image folder, a label table or a `.npz` file,
            or data in memory: `(x, y)`, `((x_train, y_train), (x_test, y_test))`, a
            `datasets.DatasetArrays` or an `images.ImageSet`.
        model: The name of a model, as `scallion summary` takes it, or `auto`, which chooses
            `pretrained` or `quick` from the images.
        epochs: Times through the training images.
        steps: Training steps in total, instead of `epochs`; the last epoch may be partial. A text
            such as `"6500,3164:7012"` repeats a run with a time budget: see `StepPlan`.
        batch_size: Images per step.
        learning_rate: Peak learning rate.
        seed: The same seed gives the same weights, to the bit.
        limit: Use only the first `limit` training images.
        out: The folder in which run folders are created.
        patience: Stop after this many epochs without improvement; 0 disables it.
        metrics: Names of metrics to measure besides the accuracy.
        overrides: Other fields of the recipe and arguments of its layers: `{"dropout": 0.5}`.
        size: Size of images from folders, and of all images for a pretrained network: `"64"`, or
            `"48x64"` for height x width.
        fit: How images are fitted to the size: crop, pad or stretch.
        group: A pattern; files whose names have the same match stay in one split.
        balance: Weight classes inversely to their frequency.
        augment: none, light, strong, or own, the augmentation of the model's recipe.
        engine: auto, native or reference.
    """

    data: "Data" = "fashion-mnist"
    model: str = "quick"
    epochs: int | None = None
    steps: int | str | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    seed: int = 42
    limit: int | None = None
    out: str | Path = "runs"
    patience: int | None = None
    metrics: tuple[str, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)
    size: str | int | None = None
    fit: str | None = None
    group: str | None = None
    balance: bool = False
    augment: str = OWN
    engine: str = "auto"

    @classmethod
    def from_values(cls, values: Mapping[str, Any], **more: Any) -> "Settings":
        """Return settings from names as a study uses them; names that are not fields are overrides.

        >>> Settings.from_values({"epochs": 3, "dropout": 0.5}).overrides
        {'dropout': 0.5}
        """
        own = {name: value for name, value in values.items() if name in SETTING_NAMES}
        overrides = {name: value for name, value in values.items() if name not in SETTING_NAMES}
        return cls(**own, overrides={**overrides, **more.pop("overrides", {})}, **more)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Settings":
        """Return the settings that `as_dict` wrote; fields that are absent have their defaults.

        Raises FileVersionError for a document of another version, UnknownNameError for a field that
        settings do not have, and ArgumentError for a value of a wrong type.
        """
        values = dict(document)
        file_versions.require_version(
            values.pop("format_version", None),
            file_versions.SETTINGS,
            "this settings document",
            hint="write it again with this version of Scallion",
        )
        for name in values:
            if name not in _FIELDS:
                raise UnknownNameError("setting", name, _FIELDS)
        for name, value in values.items():
            _check_type(name, value)
        if isinstance(values.get("data"), Mapping):
            values["data"] = DataReference.from_dict(values["data"])
        if "metrics" in values:
            values["metrics"] = tuple(values["metrics"])
        if "overrides" in values:
            values["overrides"] = {k: _as_tuples(v) for k, v in values["overrides"].items()}
        return cls(**values)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Settings":
        """Return the settings that `to_json` wrote. Raises FileError for text that is not JSON."""
        try:
            document = json.loads(text)
        except ValueError as error:
            raise FileError(
                f"the settings are not valid JSON: {error}", hint="use Settings.to_json()"
            ) from error
        if not isinstance(document, dict):
            raise FileError(
                f"settings are one JSON object. Received: {type(document).__name__}",
                hint="use Settings.to_json()",
            )
        return cls.from_dict(document)

    def as_dict(self) -> dict[str, Any]:
        """Return every field as JSON can hold it; data in memory becomes its fingerprint."""
        reference = refer_to(self.data)
        values = {name: getattr(self, name) for name in _FIELDS}
        return {
            "format_version": file_versions.SETTINGS,
            **values,
            "data": reference if isinstance(reference, str) else reference.as_dict(),
            "out": str(self.out),
            "metrics": list(self.metrics),
            "overrides": dict(self.overrides),
        }

    def to_json(self) -> str:
        """Return the settings as one JSON document."""
        return files.encode_json(self.as_dict()).decode()

    def as_command(self) -> str:
        """Return the `scallion train` command with these settings, without defaults.

        >>> Settings(
        ...     "mnist", model="lesson", epochs=3, overrides={"kernel_size": (5, 3)}
        ... ).as_command()
        'scallion train mnist --model lesson --epochs 3 --set kernel_size=5,3'
        """
        source = refer_to(self.data)
        words = ["scallion", "train", source if isinstance(source, str) else "DATA.npz"]
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.name in ("data", "overrides") or value == entry.default:
                if entry.name != "model" or self._is_named_set:
                    continue
            elif entry.name == "model" and value == AUTO:
                continue
            option = "--" + _OPTIONS.get(entry.name, entry.name.replace("_", "-"))
            words += [option] if value is True else [option, _as_word(value)]
        for name, value in self.overrides.items():
            words += ["--set", f"{name}={_as_word(value)}"]
        return shlex.join(words)

    @property
    def _is_named_set(self) -> bool:
        """True for data that `scallion train` trains `quick` on, unless a model is named."""
        return (
            isinstance(self.data, str)
            and not Path(self.data).suffix
            and not ("/" in self.data or Path(self.data).exists())
        )

    @property
    def has_data_in_memory(self) -> bool:
        """True if `data` are arrays or an image set, which no other process can read."""
        return not isinstance(self.data, str | Path)

    def with_data(self, data: Any) -> "Settings":
        """Return the settings with the data in memory that `data` refers to.

        Raises ArgumentError if this run reads its data from a file, and StateError for other data.
        """
        if not isinstance(self.data, DataReference):
            raise ArgumentError(
                f"this run reads its data from {self.data}. Received: data={type(data).__name__}",
                hint="leave out data",
            )
        self.data.require_same(data)
        return replace(self, data=data)


_FIELDS = tuple(entry.name for entry in fields(Settings))

SETTING_NAMES = frozenset(_FIELDS) - {"out", "overrides"}
"""The fields that a study may vary by name; every other name is an override."""


def _check_type(name: str, value: Any) -> None:
    """Raise ArgumentError for a value of a type that its field cannot have.

    Ranges are checked when a run is prepared, with the recipe's defaults.
    """
    kinds = _TYPES[name]
    is_wrong = not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)
    if isinstance(value, list | tuple | Mapping) and not is_wrong and name != "data":
        is_wrong = not all(isinstance(one, str) for one in value)
    if is_wrong:
        raise ArgumentError(
            f"the setting {name} cannot be of type {type(value).__name__}. Received: {value!r:.80}",
            hint="Settings().to_json() shows every field with its default",
            field=name,
        )


def _as_tuples(value: Any) -> Any:
    return tuple(_as_tuples(part) for part in value) if isinstance(value, list) else value


def _as_word(value: Any) -> str:
    """Return a value as the command line takes it.

    >>> _as_word((5, 3)), _as_word(0.001), _as_word(False)
    ('5,3', '0.001', 'false')
    """
    if isinstance(value, list | tuple):
        return ",".join(map(_as_word, value))
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)
