"""LearningRateScheduler and ReduceLROnPlateau."""

import pytest

from callback_runs import X, Y, network
from scallion.callbacks import LearningRateScheduler, ReduceLROnPlateau
from scallion.errors import ArgumentError


def test_a_schedule_sets_the_rate_before_each_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    model = network()
    schedule = LearningRateScheduler(lambda _, rate: rate * 0.5, verbose=1)
    record = model.fit(X, Y, epochs=3, callbacks=[schedule], verbose=0)
    assert record.history["learning_rate"] == pytest.approx([0.05, 0.025, 0.0125])
    assert (
        "Epoch 1: LearningRateScheduler setting learning rate to 0.05." in capsys.readouterr().out
    )
    model.fit(X, Y, callbacks=[LearningRateScheduler(lambda _: 0.25)], verbose=0)
    assert model.optimizer.learning_rate == 0.25
    with pytest.raises(ArgumentError, match="a schedule must return a float"):
        model.fit(X, Y, callbacks=[LearningRateScheduler(lambda _: "fast")], verbose=0)


def test_a_plateau_reduces_the_rate(capsys: pytest.CaptureFixture[str]) -> None:
    model = network(rate=0.0)
    model.optimizer.learning_rate = 1e-30
    plateau = ReduceLROnPlateau("loss", factor=0.5, patience=2, cooldown=1, verbose=1)
    record = model.fit(X, Y, epochs=7, callbacks=[plateau], verbose=0)
    # Calculated by hand: best in epoch 0, waits 1 and 2, reduces; one epoch of cooldown passes.
    rates = [1e-30, 1e-30, 1e-30, 5e-31, 5e-31, 2.5e-31, 2.5e-31]
    assert record.history["learning_rate"] == pytest.approx(rates)
    assert "Epoch 3: ReduceLROnPlateau reducing learning rate to 5e-31." in capsys.readouterr().out
    with pytest.raises(ArgumentError, match=r"Received: factor=1\.5"):
        ReduceLROnPlateau(factor=1.5)
