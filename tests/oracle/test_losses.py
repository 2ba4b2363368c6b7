"""Losses and their gradients, compared with the installed Keras."""

import os

import numpy as np
import pytest

import loss_cases
from loss_cases import CASES, REFUSED, Case
from scallion import losses

os.environ.setdefault("KERAS_BACKEND", "torch")
torch = pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_losses_and_gradients_match_keras(case: Case) -> None:
    targets, outputs, weights = loss_cases.data(case)
    ours = getattr(losses, case.name)(**case.arguments)
    theirs = getattr(keras.losses, case.name).from_config(ours.get_config())
    tensor = torch.tensor(outputs, requires_grad=True)
    wanted = theirs(targets, tensor, sample_weight=weights)
    wanted.backward()
    assert ours(targets, outputs, weights) == pytest.approx(float(wanted.detach()), rel=1e-5)
    gradient = ours.gradient(targets, outputs) * ours.factors(targets, outputs, weights)[:, None]
    steep = tensor.grad.numpy()
    assert np.abs(gradient - steep).max() <= 1e-4 * np.abs(steep).max()


@pytest.mark.parametrize(("name", "arguments"), REFUSED, ids=str)
def test_the_same_arguments_raise(name: str, arguments: dict) -> None:
    theirs = loss_cases.refusal(keras.losses, name, arguments)
    assert loss_cases.refusal(losses, name, arguments) == theirs
