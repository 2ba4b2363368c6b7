"""Weights in the package, and Keras' files in its cache."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from PIL import Image

from scallion import layers
from scallion.applications import (
    EfficientNetLite0,
    MobileNetV2,
    MobileNetV3Small,
    mobilenet_v2,
    pretrained_weights,
)
from scallion.applications.imagenet_utils import decode_predictions
from scallion.applications.pretrained_weights import LITE0, keras_file
from scallion.errors import DownloadError, FileError
from scallion.installation import install_again


def grace_hopper() -> np.ndarray:
    """Return Matplotlib's sample photograph, Rear Admiral Grace Hopper in uniform."""
    path = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    with Image.open(path) as image:
        square = image.convert("RGB").crop((0, 0, 512, 512)).resize((224, 224))
    return np.asarray(square)[None]


def test_the_weights_in_the_package_know_a_uniform() -> None:
    model = EfficientNetLite0()
    ((best, *_),) = decode_predictions(model.predict(grace_hopper(), verbose=0))
    assert best[:2] == ("n03763968", "military_uniform")
    assert best[2] > 0.25


def test_weights_are_loaded_after_layers_of_the_users_own() -> None:
    image = layers.Input((64, 64, 3))
    own = layers.Conv2D(3, 1)(image)
    model = EfficientNetLite0(include_top=False, input_tensor=own, pooling="avg")
    plain = EfficientNetLite0(include_top=False, input_shape=(64, 64, 3), pooling="avg")
    found = model.get_layer("stem_conv").get_weights()[0]
    np.testing.assert_array_equal(found, plain.get_layer("stem_conv").get_weights()[0])
    last = model.get_layer("top_bn").get_weights()
    for one, other in zip(last, plain.get_layer("top_bn").get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_damaged_file_of_the_package_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretrained_weights, "DATA", tmp_path)
    with pytest.raises(FileError, match="is missing"):
        LITE0.load_into([])
    (tmp_path / LITE0.name).write_bytes(b"damaged")
    with pytest.raises(FileError, match=f"SHA-256 {LITE0.sha256} expected") as raised:
        replace(LITE0).load_into([])
    assert raised.value.hint == install_again()


def test_a_keras_file_is_downloaded_once_to_keras_cache(server: Any, tmp_path: Path) -> None:
    server.body = b"weights"
    for _ in range(2):
        path = keras_file("net.h5", f"http://127.0.0.1:{server.port}/")
    assert path == tmp_path / "keras" / "models" / "net.h5"
    assert [request[0] for request in server.requests] == ["/net.h5"]


def test_a_file_without_checksum_may_not_change_later(server: Any) -> None:
    server.body = b"weights"
    url = f"http://127.0.0.1:{server.port}/"
    path = keras_file("net.h5", url)
    path.write_bytes(b"others")
    with pytest.raises(FileError, match="has changed since its first use") as raised:
        keras_file("net.h5", url)
    assert str(path) in str(raised.value.hint)
    # The hint works as it says.
    path.unlink()
    assert keras_file("net.h5", url).read_bytes() == b"weights"


def test_another_file_than_keras_is_refused(server: Any) -> None:
    server.body = b"weights"
    with pytest.raises(DownloadError, match=r"MD5 0+ expected"):
        keras_file("net.h5", f"http://127.0.0.1:{server.port}/", "0" * 32)


def test_without_network_the_error_names_file_and_alternative(server: Any, tmp_path: Path) -> None:
    server.plan = ["missing"]
    with pytest.raises(DownloadError) as raised:
        keras_file("net.h5", f"http://127.0.0.1:{server.port}/", "0" * 32)
    hint = str(raised.value.hint)
    assert f"put the file at {tmp_path / 'keras' / 'models' / 'net.h5'} by hand" in hint
    assert "EfficientNetLite0" in hint


def test_keras_file_without_top_is_loaded_from_the_cache(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"include_top": False, "input_shape": (96, 96, 3), "alpha": 0.35, "pooling": "avg"}
    made = MobileNetV2(weights=None, **options)
    with pytest.warns(UserWarning, match="HDF5"):
        made.save(tmp_path / "made.h5")
    server.body = (tmp_path / "made.h5").read_bytes()
    monkeypatch.setattr(mobilenet_v2, "_URL", f"http://127.0.0.1:{server.port}/")
    for weights in ("imagenet", tmp_path / "made.h5"):
        found = MobileNetV2(weights=weights, **options)
        for one, other in zip(found.weights, made.weights, strict=True):
            np.testing.assert_array_equal(one.numpy(), other.numpy())
    (request,) = server.requests
    name = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_96_no_top.h5"
    assert request[0] == f"/{name}"
    assert (tmp_path / "keras" / "models" / name).exists()


def test_a_weights_file_of_another_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.h5"
    with pytest.warns(UserWarning, match="HDF5"):
        MobileNetV2(weights=None, alpha=0.35, input_shape=(32, 32, 3), classes=2).save(path)
    with pytest.raises(FileError):
        MobileNetV3Small(weights=path, input_shape=(32, 32, 3), classes=2)
