"""ModelCheckpoint: when it saves, and under which names."""

from pathlib import Path

import numpy as np
import pytest

from callback_runs import X, Y, network
from scallion.callbacks import ModelCheckpoint
from scallion.errors import ArgumentError
from scallion.models import load_model


def test_file_names_contain_values_of_the_epoch(tmp_path: Path) -> None:
    checkpoint = ModelCheckpoint(tmp_path / "runs" / "{epoch:02d}-{loss:.2f}.keras")
    record = network().fit(X, Y, epochs=2, callbacks=[checkpoint], verbose=0)
    names = [
        f"{epoch + 1:02d}-{loss:.2f}.keras" for epoch, loss in enumerate(record.history["loss"])
    ]
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == names
    assert load_model(tmp_path / "runs" / names[1]).optimizer.iterations == 2


def test_only_the_best_epoch_is_saved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "best.weights.h5"
    checkpoint = ModelCheckpoint(
        path, monitor="val_loss", save_best_only=True, save_weights_only=True, verbose=1
    )
    model = network()
    checkpoint.set_model(model)
    checkpoint.on_epoch_end(0, {"val_loss": 0.5})
    best = model.get_weights()
    model.set_weights([weight + 1 for weight in best])
    checkpoint.on_epoch_end(1, {"val_loss": 0.75})
    model.load_weights(path)
    assert all(np.array_equal(a, b) for a, b in zip(best, model.get_weights(), strict=True))
    assert capsys.readouterr().out == (
        f"\nEpoch 1: val_loss improved from None to 0.50000, saving model to {path}\n"
        f"\nEpoch 1: finished saving model to {path}\n"
        "\nEpoch 2: val_loss did not improve from 0.50000\n"
    )


def test_a_checkpoint_can_be_saved_every_few_batches(tmp_path: Path) -> None:
    path = tmp_path / "{epoch}-{batch}.keras"
    network().fit(
        X, Y, batch_size=5, epochs=2, callbacks=[ModelCheckpoint(path, save_freq=3)], verbose=0
    )
    assert sorted(file.name for file in tmp_path.iterdir()) == ["1-3.keras", "2-2.keras"]


def test_invalid_arguments_raise(tmp_path: Path) -> None:
    for arguments, said in (
        ({"filepath": "model.ckpt"}, r"ends in \.keras"),
        ({"filepath": "model.keras", "save_weights_only": True}, r"ends in \.weights\.h5"),
        ({"filepath": "model.keras", "save_freq": "batch"}, "`save_freq` is 'epoch' or a number"),
    ):
        with pytest.raises(ArgumentError, match=said):
            ModelCheckpoint(**arguments)  # type: ignore[arg-type]
    checkpoint = ModelCheckpoint(tmp_path / "{val_loss}.keras")
    with pytest.raises(ArgumentError, match="contains 'val_loss', which has no value"):
        network().fit(X, Y, callbacks=[checkpoint], verbose=0)
