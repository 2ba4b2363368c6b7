"""The types of a run folder's JSON files, and their check when a file is read.

A file may be edited, cut off, or written by a disk that fails; after this check every reader can
rely on the keys and types that it uses.
"""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec

from scallion.errors import FileError

Count = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]


class _Data(TypedDict):
    name: str
    source: str | dict[str, str]
    image_shape: Annotated[list[Positive], msgspec.Meta(min_length=3, max_length=3)]
    dtype: str
    class_names: Annotated[list[str], msgspec.Meta(min_length=2)]
    limit: Positive | None


class _Fingerprints(TypedDict):
    train: str
    validation: str
    test: str


class _Splits(TypedDict):
    train: Positive
    validation: Positive
    test: Positive
    sha256: str
    fingerprints: _Fingerprints


class _Model(TypedDict):
    name: str
    parameters: Count


class _Preprocessing(TypedDict):
    scale: float
    resize_rule: NotRequired[dict[str, Any]]


class ConfigDocument(TypedDict):
    """`config.json`; `settings` is checked where it is used."""

    data: _Data
    splits: _Splits
    model: _Model
    preprocessing: _Preprocessing
    optimizer: dict[str, Any]
    loss: dict[str, Any]
    learning_rate: float
    batch_size: Positive
    epochs: Positive
    steps: int | str | None
    patience: Count
    metrics: list[str]
    overrides: dict[str, Any]
    balance: bool
    augment: str
    seed: int
    settings: dict[str, Any]
    versions: dict[str, str]


class _Machine(TypedDict, total=False):
    scallion: str
    python: str
    numpy: str
    system: str
    machine: str
    cpu: str
    cores: int
    threads: int
    engine: str
    instruction_set: str | None
    started: str


class EnvironmentDocument(_Machine, total=False):
    """`environment.json`, with an entry in `resumed` for each time that the run was resumed."""

    resumed: list[_Machine]


class _Finding(TypedDict):
    code: str
    severity: Literal["info", "warning", "error"]
    sentence: str
    evidence: dict[str, Any]
    advice: str


class _Split(TypedDict, total=False):
    accuracy: Fraction
    interval: Annotated[list[Fraction], msgspec.Meta(min_length=2, max_length=2)]
    correct: Count
    total: Positive
    test_evaluations: Count
    linear_correct: Count
    scores: dict[str, Any]


_SCORE = ("accuracy", "interval", "correct", "total")


class EvaluationDocument(TypedDict, total=False):
    """`evaluation.json`; a run that is still training has scores at most."""

    status: Literal["finished", "interrupted", "pruned", "diverged", "failed"]
    epochs: Count
    best_epoch: Positive | None
    seconds: Seconds
    images_per_second: Seconds | None
    non_finite_layer: str
    train: _Split | None
    validation: _Split | None
    test: _Split | None
    findings: list[_Finding]


def check_document(content: dict[str, Any], kind: Any, path: Any) -> None:
    """Raise FileError, which names the field, if a file does not have the keys and types of `kind`.

    Unknown keys are ignored.
    """
    try:
        msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at ")
        field = place.strip("`").removeprefix("$").lstrip(".")
        raise damaged(path, problem[:1].lower() + problem[1:], field) from None
    for name in ("train", "validation", "test") if kind is EvaluationDocument else ():
        _check_score(content.get(name) or {}, path, name)


def _check_score(split: dict[str, Any], path: Any, name: str) -> None:
    """Raise FileError unless a split has a whole score, or none."""
    missing = [field for field in _SCORE if field not in split]
    if missing and len(missing) < len(_SCORE):
        raise damaged(path, f"it has no `{missing[0]}`", name)
    if not missing and split["correct"] > split["total"]:
        raise damaged(path, "more images are correct than there are", name)


def damaged(path: Any, problem: str, field: str = "") -> FileError:
    """Return the error about a file with missing or wrong content."""
    place = f", in `{field}`" if field else ""
    return FileError(
        f"{path} is damaged: {problem}{place}",
        hint="restore the file from a copy, or train again",
        field=field or None,
    )
