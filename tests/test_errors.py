"""The tree of errors, with Python's own types, hints, and what programs read from them."""

import pickle
import re

import pytest

import scallion
from scallion import errors
from scallion.errors import ScallionError, ShapeError, UnknownNameError, unknown_attribute

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, ScallionError)
]

# Python's own types, which an `except` written for Keras would catch.
ALSO = {
    "ArgumentError": ValueError,
    "ArgumentTypeError": (ValueError, TypeError),
    "UnknownNameError": (ValueError, TypeError),
    "ShapeError": ValueError,
    "UnsupportedError": (NotImplementedError, ValueError),
    "MissingModuleError": (NotImplementedError, ValueError, ImportError),
    "StateError": ValueError,
    "DataError": ValueError,
    "TrainingError": (ArithmeticError, RuntimeError),
    "FileError": OSError,
    "FileVersionError": OSError,
    "DownloadError": OSError,
    "MissingFileError": FileNotFoundError,
    "EngineError": RuntimeError,
    "CancelledError": (),
    "ExportError": RuntimeError,
    "JobError": RuntimeError,
    "UnknownAttributeError": AttributeError,
}


def test_the_docstring_draws_the_actual_tree() -> None:
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")
    assert sorted(drawn) == sorted(kind.__name__ for kind in KINDS if kind is not ScallionError)


def test_every_error_has_pythons_own_type() -> None:
    assert {kind.__name__ for kind in KINDS} == {"ScallionError", *ALSO}
    for kind in KINDS[1:]:
        also = ALSO[kind.__name__]
        for own in also if isinstance(also, tuple) else (also,):
            assert issubclass(kind, own), kind


@pytest.mark.parametrize("kind", [k for k in KINDS if k is not UnknownNameError])
def test_the_hint_is_on_its_own_line(kind: type[ScallionError]) -> None:
    assert str(kind("it broke")) == "it broke"
    error = kind("it broke. Received: 3", hint="try 4")
    assert str(error) == "it broke. Received: 3\nhint: try 4"
    assert (error.message, error.hint) == ("it broke. Received: 3", "try 4")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("adm", "did you mean 'adam'? Known: Nadam, adam, sgd"),
        ("ADAM", "did you mean 'adam'? Known: Nadam, adam, sgd"),
        ("nadm", "did you mean 'Nadam'? Known: Nadam, adam, sgd"),
        ("lion", "Known: Nadam, adam, sgd"),
        (None, "Known: Nadam, adam, sgd"),
    ],
)
def test_an_unknown_name_suggests_the_nearest(name: object, hint: str) -> None:
    error = UnknownNameError("optimizer", name, ["sgd", "adam", "Nadam"])
    assert error.message == f"unknown optimizer. Received: {name!r}"
    assert error.hint == hint


def test_an_unknown_attribute_suggests_the_nearest() -> None:
    assert str(unknown_attribute("scallion", "layer", ["layers", "losses"])) == (
        "scallion has no 'layer'\nhint: did you mean scallion.layers?"
    )
    assert unknown_attribute("scallion", "xyz", ["layers"]).hint == "see dir(scallion)"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("layer", "scallion.layers"), ("model", "scallion.models"), ("input", "scallion.Input")],
)
def test_the_package_suggests_the_nearest_name(name: str, hint: str) -> None:
    with pytest.raises(
        AttributeError, match=f"scallion has no '{name}'\nhint: did you mean {hint}"
    ):
        getattr(scallion, name)
    assert not hasattr(scallion, name)


@pytest.mark.parametrize("kind", KINDS)
def test_errors_can_be_sent_to_another_process(kind: type[ScallionError]) -> None:
    error = (
        UnknownNameError("optimizer", "adm", ["adam"])
        if kind is UnknownNameError
        else kind("it broke", hint="try 4", layer="conv", field="filters", value=0)
    )
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (str(again), again.hint) == (str(error), error.hint)
    assert (again.layer, again.field, again.value) == (error.layer, error.field, error.value)


def test_a_large_value_is_not_sent_to_another_process() -> None:
    again = pickle.loads(pickle.dumps(ShapeError("it broke", value=object(), field="images")))
    assert (again.value, again.field) == (None, "images")
