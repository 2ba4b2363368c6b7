"""The contract of every loss, with Keras' values in keras_losses.json."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from custom_losses import CUSTOM_LOSSES
from loss_cases import CASES, REFUSED, Case, data, refusal
from scallion import losses
from scallion.errors import UnsupportedError

KERAS: dict[str, Any] = json.loads(
    Path(__file__).with_name("keras_losses.json").read_text(encoding="utf-8")
)

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)


def make(case: Case) -> losses.Loss:
    return getattr(losses, case.name)(**case.arguments)


@every_case
def test_value_gradient_and_config_match_keras(case: Case) -> None:
    loss, (targets, outputs, weights) = make(case), data(case)
    wanted = KERAS[case.title]
    assert loss(targets, outputs, weights) == pytest.approx(wanted["value"], rel=1e-5)
    gradient = loss.gradient(targets, outputs) * loss.factors(targets, outputs, weights)[:, None]
    theirs = np.array(wanted["gradient"])
    assert np.abs(gradient - theirs).max() <= 1e-4 * np.abs(theirs).max()
    # Keras loses Huber's delta; a config with it makes an equal loss on both sides.
    lost = {key: value for key, value in case.arguments.items() if key == "delta"}
    assert loss.get_config() == {**wanted["config"], **lost}
    assert losses.serialize(loss)["class_name"] == wanted["serialized"]["class_name"]


@every_case
def test_gradient_matches_central_differences(case: Case) -> None:
    loss, (targets, outputs, _) = make(case), data(case)
    exact = outputs.astype(np.float64)
    gradient = loss.gradient(targets, exact)
    for column in range(0, case.classes, 4):
        step = np.zeros_like(exact)
        step[:, column] = 1e-5 * np.abs(exact[:, column])
        up, down = (loss.per_image(targets, exact + sign * step) for sign in (1, -1))
        found = (up - down) / (2 * step[:, column])
        np.testing.assert_allclose(gradient[:, column], found, rtol=1e-3, atol=1e-6)


@every_case
def test_config_makes_an_equal_loss(case: Case) -> None:
    loss = make(case)
    again = losses.deserialize(json.loads(json.dumps(losses.serialize(loss))))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()


def test_every_loss_has_a_case() -> None:
    kinds = {
        name
        for name in losses.__all__
        if isinstance(kind := getattr(losses, name), type) and issubclass(kind, losses.Loss)
    }
    derived = {name for name in kinds if name in CUSTOM_LOSSES}
    assert kinds - {case.name for case in CASES} - derived == {"Loss"}


def test_arguments_refused_by_keras_are_refused() -> None:
    assert [refusal(losses, *one) for one in REFUSED] == KERAS["refused"]


@pytest.mark.parametrize("name", ["ctc", "CTC"])
def test_missing_losses_of_keras_are_refused(name: str) -> None:
    with pytest.raises(UnsupportedError, match=f"no loss '{name}'") as caught:
        losses.get(name)
    assert "Huber" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("word", "kind"),
    [("kld", losses.KLDivergence), ("huber", losses.Huber), ("log_cosh", losses.LogCosh)],
)
def test_losses_are_found_by_short_names(word: str, kind: type) -> None:
    assert type(losses.get(word)) is kind
    assert type(losses.get(getattr(losses, losses.get(word).__class__.__name__))) is kind  # type: ignore[union-attr]
