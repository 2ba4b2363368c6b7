"""Settings as one JSON document."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from scallion.errors import ArgumentError, FileError, FileVersionError, UnknownNameError
from scallion.runs import RunOptions, Settings
from scallion.runs.training.data_reference import DataReference

FULL = Settings(
    data="cells",
    model="lesson",
    epochs=3,
    batch_size=16,
    learning_rate=0.01,
    seed=7,
    limit=100,
    out=Path("there"),
    patience=2,
    metrics=("precision", "recall"),
    overrides={"dropout": 0.5, "kernel_size": (5, 3)},
    size="48x64",
    fit="pad",
    group="(.+)_[0-9]+",
    balance=True,
    augment="light",
    engine="reference",
)


def test_a_document_has_every_field() -> None:
    document = json.loads(FULL.to_json())
    assert set(document) == {"format_version", *(entry.name for entry in fields(Settings))}
    assert document["format_version"] == 1


def test_a_document_gives_the_same_settings() -> None:
    again = Settings.from_json(FULL.to_json())
    assert again == Settings(**{**vars_of(FULL), "out": "there"})
    assert Settings.from_json(Settings().to_json()) == Settings()


def vars_of(settings: Settings) -> dict[str, object]:
    return {entry.name: getattr(settings, entry.name) for entry in fields(settings)}


def test_data_in_memory_become_a_reference() -> None:
    x, y = np.zeros((4, 8, 8), np.uint8), np.arange(4)
    stored = Settings.from_json(Settings(data=(x, y)).to_json())
    assert isinstance(stored.data, DataReference)
    assert stored.has_data_in_memory
    assert stored.with_data((x, y)).data[0] is x


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"format_version": 2}, FileVersionError, "this settings document has format version 2"),
        ({"epoch": 3}, UnknownNameError, "unknown setting"),
        ({"model": 3}, ArgumentError, "the setting model cannot be of type int"),
        ({"metrics": "precision"}, ArgumentError, "the setting metrics cannot be of type str"),
        ({"balance": "yes"}, ArgumentError, "the setting balance cannot be of type str"),
        ({"data": {"name": "x"}}, ArgumentError, "a reference to data has"),
    ],
)
def test_invalid_documents_are_refused(
    change: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Settings.from_dict({**FULL.as_dict(), **change})


@pytest.mark.parametrize("text", ["{", "[]"])
def test_text_that_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(FileError, match="settings are"):
        Settings.from_json(text)


def test_the_command_repeats_the_settings() -> None:
    assert FULL.as_command() == (
        "scallion train cells --model lesson --epochs 3 --batch-size 16 --lr 0.01 --seed 7 "
        "--limit 100 --out there --patience 2 --metrics precision,recall --size 48x64 --fit pad "
        "--group '(.+)_[0-9]+' --balance --augment light --engine reference --set dropout=0.5 "
        "--set kernel_size=5,3"
    )
    assert Settings().as_command() == "scallion train fashion-mnist"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", "x"),
        ("seed", None),
        ("epochs", True),
        ("epochs", 1.5),
        ("limit", "9"),
        ("steps", [1]),
        ("learning_rate", "fast"),
        ("balance", 1),
        ("metrics", [1]),
        ("overrides", [["dropout", 0.5]]),
        ("model", None),
    ],
)
def test_a_document_with_a_value_of_another_type_is_refused(name: str, value: object) -> None:
    document = {**Settings("mnist").as_dict(), name: value}
    with pytest.raises(ArgumentError, match=f"the setting {name} cannot be of type"):
        Settings.from_dict(document)


def test_a_misspelt_setting_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="'epoch'") as caught:
        Settings("mnist", epoch=2)  # type: ignore[call-arg]
    assert isinstance(caught.value, TypeError)
    assert "did you mean 'epochs'?" in str(caught.value)
    with pytest.raises(UnknownNameError, match="did you mean 'forecast'"):
        RunOptions(forcast=False)  # type: ignore[call-arg]
