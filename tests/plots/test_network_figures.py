"""Filters, activation maps and heat maps as figures."""

import numpy as np
import pytest

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
