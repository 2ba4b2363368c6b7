"""Panels of lines next to each other."""

from scallion.plots.line_panels import LinePanel, draw_line_panels


def test_panels_of_one_measure_share_their_axes() -> None:
    accuracy = [
        LinePanel("Accuracy, a", [[[0.1, 0.2]]], is_fraction=True),
        LinePanel("Accuracy, b", [[[0.7, 0.9]]], is_fraction=True),
    ]
    loss = [LinePanel("Loss, a", [[[2.3, 2.0]]]), LinePanel("Loss, b", [[[0.3, 0.2]]])]
    figure = draw_line_panels([accuracy, loss], ["none"], legend=None)
    first, second, third, fourth = figure.axes
    assert first.get_ylim() == second.get_ylim()
    assert third.get_ylim() == fourth.get_ylim() != first.get_ylim()
    assert first.get_ylim()[0] <= 0.1 < 0.9 <= first.get_ylim()[1]
