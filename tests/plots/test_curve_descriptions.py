"""Learning curves in words."""

import numpy as np

from scallion.plots import describe_curves


def test_first_last_and_best_values_are_named() -> None:
    history = {
        "loss": [1.0, 0.6, 0.4],
        "val_loss": [1.1, 0.8, 0.9],
        "accuracy": [0.5, 0.7, 0.8],
        "val_accuracy": [0.5, 0.625, 0.6],
    }
    assert describe_curves(history) == (
        "Loss over 3 epochs: in training from 1 to 0.4; in validation from 1.1 to 0.9, 0.8 in the "
        "best epoch, 2. Accuracy over 3 epochs: in training from 50.0 % to 80.0 %; in validation "
        "from 50.0 % to 60.0 %, 62.5 % in the best epoch, 2."
    )


def test_a_single_epoch_has_one_value() -> None:
    assert describe_curves({"loss": [0.5], "val_loss": [0.75]}) == (
        "Loss over 1 epoch: in training 0.5; in validation 0.75."
    )


def test_nan_is_called_not_a_number() -> None:
    assert "to not a number" in describe_curves({"loss": [1.0, np.nan]})
