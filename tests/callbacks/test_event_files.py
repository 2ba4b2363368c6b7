"""TensorBoard: the records, tags, steps and folders that `tensorboard` reads."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scallion
from scallion import protobuf
from scallion.callbacks import TensorBoard
from scallion.callbacks.event_files.event_file import EventFile, crc32c
from scallion.errors import ArgumentError, FileError

Scalars = dict[str, list[tuple[int, float]]]


def messages(file: Path) -> list[bytes]:
    """Return the messages of a file of TFRecords; each checksum is verified."""

    def masked(data: bytes) -> int:
        checksum = crc32c(data)
        return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF

    content, place, found = file.read_bytes(), 0, []
    while place < len(content):
        (length,) = struct.unpack_from("<Q", content, place)
        assert struct.unpack_from("<I", content, place + 8)[0] == masked(content[place : place + 8])
        message = content[place + 12 : place + 12 + length]
        assert struct.unpack_from("<I", content, place + 12 + length)[0] == masked(message)
        found.append(message)
        place += length + 16
    return found


def scalars(folder: Path) -> Scalars:
    """Return (step, value) of each tag of a folder's only event file."""
    (file,) = folder.iterdir()
    found: Scalars = {}
    first, *rest = messages(file)
    assert dict(protobuf.fields(first))[3] == b"brain.Event:2"
    for event in rest:
        parts = dict(protobuf.fields(event))
        value = dict(protobuf.fields(dict(protobuf.fields(parts[5]))[1]))  # type: ignore[arg-type]
        plugin = dict(protobuf.fields(dict(protobuf.fields(value[9]))[1]))[1]  # type: ignore[arg-type]
        tensor = dict(protobuf.fields(value[8]))  # type: ignore[arg-type]
        if plugin == b"scalars":
            (number,) = struct.unpack("<f", tensor[4])  # type: ignore[arg-type]
            found.setdefault(value[1].decode(), []).append((parts.get(2, 0), number))  # type: ignore[union-attr, arg-type]
    return found


def trained(callback: TensorBoard, epochs: int = 2) -> Any:
    """Return the history of a training with validation: 4 batches per epoch."""
    x = np.random.default_rng(0).normal(size=(32, 4))
    model = scallion.Sequential([scallion.Input((4,)), scallion.layers.Dense(2, name="last")])
    model.compile("sgd", "mse", metrics=["mae"])
    return model.fit(
        x, x[:, :2], batch_size=8, epochs=epochs, verbose=0, callbacks=[callback],
        validation_data=(x, x[:, :2]),
    )  # fmt: skip


def test_the_checksum_is_that_of_rfc_3720() -> None:
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


def test_epochs_have_the_values_of_the_history(tmp_path: Path) -> None:
    history = trained(TensorBoard(tmp_path)).history
    train, validation = scalars(tmp_path / "train"), scalars(tmp_path / "validation")
    assert sorted(train) == ["epoch_learning_rate", "epoch_loss", "epoch_mae"]
    assert sorted(validation) == [
        "epoch_loss", "epoch_mae", "evaluation_loss_vs_iterations", "evaluation_mae_vs_iterations",
    ]  # fmt: skip
    for found, name in ((train, ""), (validation, "val_")):
        for measure in ("loss", "mae"):
            assert found[f"epoch_{measure}"] == [
                (epoch, pytest.approx(value)) for epoch, value in enumerate(history[name + measure])
            ]
    assert [step for step, _ in validation["evaluation_loss_vs_iterations"]] == [4, 8]


@pytest.mark.parametrize(("update_freq", "steps"), [("batch", range(1, 9)), (3, [3, 6])])
def test_batches_are_written_as_often_as_requested(
    tmp_path: Path, update_freq: Any, steps: list[int]
) -> None:
    trained(TensorBoard(tmp_path, update_freq=update_freq, write_steps_per_second=True))
    train = scalars(tmp_path / "train")
    for name in ("batch_loss", "batch_mae", "batch_steps_per_second"):
        assert [step for step, _ in train[name]] == list(steps)
    assert len(train["epoch_steps_per_second"]) == 2


def test_histograms_count_all_weights(tmp_path: Path) -> None:
    trained(TensorBoard(tmp_path, histogram_freq=1), epochs=1)
    (file,) = (tmp_path / "train").iterdir()
    (message,) = [one for one in messages(file) if b"last/kernel/histogram" in one]
    content = message[-30 * 3 * 8 :]
    buckets = np.frombuffer(content, "<f8").reshape(30, 3)
    assert buckets[:, 2].sum() == 8
    assert (buckets[:, 1] >= buckets[:, 0]).all()


def test_equal_weights_and_no_weights_have_histograms(tmp_path: Path) -> None:
    file = EventFile(tmp_path)
    for name, values in (
        ("equal", np.full(5, 2.0)),
        ("none", np.zeros(0)),
        ("nan", np.full(2, np.nan)),
    ):
        file.histogram(name, values, 1)
    file.flush()
    counts = [
        np.frombuffer(one[-720:], "<f8").reshape(30, 3)[:, 2].sum()
        for one in messages(next(tmp_path.iterdir()))[1:]
    ]
    assert counts == [5, 0, 0]


def test_what_is_not_written_is_said(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="nothing for profile_batch='2,4'"):
        TensorBoard(tmp_path, profile_batch="2,4")
    with pytest.warns(UserWarning, match="nothing for write_images=True"):
        TensorBoard(tmp_path, write_images=True)
    with pytest.raises(ArgumentError, match="`update_freq` is"):
        TensorBoard(tmp_path, update_freq="step")
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError):
        trained(TensorBoard(tmp_path / "file"))


def test_the_tensorboard_package_reads_scalars_and_histograms(tmp_path: Path) -> None:
    processing = "tensorboard.backend.event_processing.event_accumulator"
    reader = pytest.importorskip(processing)
    numbers = pytest.importorskip("tensorboard.util.tensor_util")
    history = trained(TensorBoard(tmp_path, histogram_freq=1)).history
    for folder, name in (("train", ""), ("validation", "val_")):
        events = reader.EventAccumulator(str(tmp_path / folder))
        events.Reload()
        for measure in ("loss", "mae"):
            found = events.Tensors(f"epoch_{measure}")
            values = [float(numbers.make_ndarray(one.tensor_proto)) for one in found]
            assert values == pytest.approx(history[name + measure])
            assert [one.step for one in found] == [0, 1]
        if folder == "train":
            weights = numbers.make_ndarray(events.Tensors("last/kernel/histogram")[-1].tensor_proto)
            assert weights.shape == (30, 3)
            assert weights[:, 2].sum() == 8
