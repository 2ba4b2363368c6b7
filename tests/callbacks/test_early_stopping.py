"""EarlyStopping: when it stops, and which weights it restores."""

import pytest

from callback_runs import X, Y, network, run_epochs
from scallion.callbacks import EarlyStopping
from scallion.errors import ArgumentError


def test_training_stops_after_patience_epochs() -> None:
    stopping = EarlyStopping(patience=2)
    model = run_epochs(stopping, [1.0, 0.8, 0.9, 0.85, 0.1])
    assert (stopping.stopped_epoch, stopping.best, stopping.best_epoch) == (3, 0.8, 1)
    assert model.epoch == 3


def test_the_best_weights_are_restored(capsys: pytest.CaptureFixture[str]) -> None:
    stopping = EarlyStopping(patience=2, restore_best_weights=True, verbose=1)
    assert run_epochs(stopping, [1.0, 0.8, 0.9, 0.85, 0.1]).epoch == 1
    assert capsys.readouterr().out == (
        "Epoch 4: early stopping\nRestoring model weights from the end of the best epoch: 2.\n"
    )


def test_the_metric_determines_the_direction() -> None:
    model, stopping = network(), EarlyStopping("val_accuracy", patience=1)
    model.fit(X, Y, epochs=3, validation_split=0.5, callbacks=[stopping], verbose=0)
    assert stopping._minimizes is False
    with pytest.raises(ArgumentError, match="does not know whether 'val_mystery'") as caught:
        run_epochs(EarlyStopping("val_mystery"), [1.0], "val_mystery")
    assert "mode=" in str(caught.value.hint)
    run_epochs(EarlyStopping("val_mystery", mode="max"), [1.0, 2.0], "val_mystery")


def test_a_missing_monitor_warns() -> None:
    stopping = EarlyStopping("val_accuracy")
    with pytest.warns(UserWarning, match="`val_accuracy` which is not available. Available met"):
        network().fit(X, Y, callbacks=[stopping], verbose=0)


def test_an_unknown_mode_warns_and_means_auto() -> None:
    with pytest.warns(UserWarning, match="mode='lowest'"):
        assert EarlyStopping(mode="lowest").mode == "auto"


def test_a_callback_can_be_used_again() -> None:
    model, stopping = network(rate=0.0), EarlyStopping("loss", patience=2, min_delta=1e-6)
    for _ in range(2):
        record = model.fit(X, Y, epochs=9, callbacks=[stopping], verbose=0)
        assert record.epoch == [0, 1, 2]
