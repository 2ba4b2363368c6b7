"""CSVLogger: the rows of its file."""

from pathlib import Path

import pytest

from callback_runs import X, Y, network
from scallion.callbacks import CSVLogger
from scallion.errors import FileError


def test_each_epoch_appends_one_row(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    model = network()
    record = model.fit(X, Y, epochs=2, callbacks=[CSVLogger(path)], verbose=0)
    lines = path.read_text().splitlines()
    assert lines[0] == "epoch,accuracy,loss,val_accuracy,val_loss"
    first = record.history
    assert lines[1] == f"0,{first['accuracy'][0]},{first['loss'][0]},NA,NA"
    assert len(lines) == 3
    model.fit(X, Y, callbacks=[CSVLogger(path, append=True)], verbose=0)
    assert [line.split(",")[0] for line in path.read_text().splitlines()] == [
        "epoch",
        "0",
        "1",
        "0",
    ]
    model.fit(X, Y, callbacks=[CSVLogger(path, separator=";")], verbose=0)
    assert path.read_text().startswith("epoch;accuracy;loss")
    with pytest.raises(FileError, match="cannot write"):
        model.fit(X, Y, callbacks=[CSVLogger(tmp_path / "no" / "history.csv")], verbose=0)
