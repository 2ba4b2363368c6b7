"""Grad-CAM from arrays."""

import numpy as np

from scallion.insight.explanation.grad_cam import class_activation_map, resize_bilinear


def test_maps_are_interpolated_linearly() -> None:
    line = np.array([[0.0, 1.0]])
    assert resize_bilinear(line, (1, 4)).tolist() == [[0.0, 0.25, 0.75, 1.0]]


# By hand: mean gradients 1 and -1, so the map is the first channel minus the second, above 0.
def test_channels_are_weighted_by_their_mean_gradient() -> None:
    activations = np.array([[[4.0, 0.0], [1.0, 3.0]]])
    gradients = np.array([[[2.0, -1.0], [0.0, -1.0]]])
    assert class_activation_map(activations, gradients, (1, 2)).tolist() == [[1.0, 0.0]]
