"""Filters, activation maps and heat maps as figures."""

import io

import numpy as np
import pytest
from PIL import Image

from scallion.plots import activation_figure, explanation_figure, filter_figure


@pytest.mark.parametrize(("channels", "key"), [(3, "in the colours"), (1, "positive weights red")])
def test_filters_are_coloured_if_they_see_colour(channels: int, key: str) -> None:
    figure = filter_figure(np.ones((70, 3, 3, channels), np.float32))
    assert figure.description.startswith("70 filters of 3×3 pixels, ")
    assert key in figure.description
    assert figure.kind == "tiles"


def test_at_most_64_activation_maps_are_drawn() -> None:
    figure = activation_figure(np.zeros((4, 4, 100), np.float32), "conv2d")
    assert figure.name == "maps-conv2d"
    assert "64 of 100 channels" in figure.description


def test_activations_of_a_dense_layer_are_drawn() -> None:
    figure = activation_figure(np.arange(5, dtype=np.float32), "dense")
    assert "5 of 5 channels" in figure.description


def test_each_image_has_its_heat_map() -> None:
    images = np.zeros((2, 8, 8, 1), np.uint8)
    figure = explanation_figure(images, [np.ones((8, 8))] * 2, ["a", "b"], "Two images.")
    width = int.from_bytes(figure.png[16:20], "big")
    assert (figure.description, width) == ("Two images.", 510)  # 2 * 1.7 inches at 150 dpi


def test_one_strong_channel_leaves_the_others_visible() -> None:
    # As in a colour network whose first convolution whitens: one channel is 100 times stronger.
    ramp = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    maps = np.stack([100 * ramp, 10 * ramp, 0.01 * ramp], axis=-1)
    image = np.asarray(Image.open(io.BytesIO(activation_figure(maps, "c").png)).convert("L"))
    width = image.shape[1] // 3
    strong, weak, noise = (image[:, place * width : (place + 1) * width] for place in range(3))
    shown = [np.median(part[part < 250]) for part in (strong, weak, noise)]
    assert shown[0] > 90
    assert shown[1] > 90
    assert shown[2] < 10  # noise beside the others is no pattern


def test_an_explanation_shows_the_image_where_there_is_no_heat() -> None:
    image = np.full((1, 8, 8, 3), 200, np.uint8)
    png = explanation_figure(image, [np.zeros((8, 8))], ["a"], "d").png
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    assert pixels.shape[1] > 900  # one image alone is large
    right = pixels[pixels.shape[0] // 2, 3 * pixels.shape[1] // 4]
    assert right.tolist() == [200, 200, 200]
