"""Names are drawn as they are: a class named `$x^$` is no formula, `_a` is not left out."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.text import Text

from scallion.insight import Mistake
from scallion.layers import Dense, Input
from scallion.models import Sequential
from scallion.plots import confusion_figure, mistake_figure, plot, plot_model, plot_runs
from scallion.plots.line_panels import LinePanel, line_panels_png

HOSTILE = ["$x^$", r"$\nothing$", "_a", "50 $ to $ 60", "{0}", "%s", "\\", "<b>"]

# Of characters that the font has: a missing one is a warning of Matplotlib's.
NAMES = st.text(alphabet="$\\_^{}%&<>#~[]ab \n", min_size=1, max_size=20)

HISTORY = {"val_loss": [0.5, 0.4], "val_accuracy": [0.6, 0.7]}


@settings(max_examples=8, deadline=None)
@given(first=NAMES, second=NAMES)
def test_confusion_matrices_take_any_name(first: str, second: str) -> None:
    assert confusion_figure(np.eye(2, dtype=np.int64), [first, second]).png


@pytest.mark.parametrize("name", HOSTILE)
def test_captions_take_any_name(name: str) -> None:
    images = np.zeros((1, 4, 4, 1), np.uint8)
    assert mistake_figure(images, [Mistake(0, 0, 1, 0.9)], [name, name], 1).png


@pytest.mark.parametrize("name", HOSTILE)
def test_legends_take_any_name(name: str, tmp_path: Path) -> None:
    figure = plot_runs({name: HISTORY, "other": HISTORY}, tmp_path / "runs.png")
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == [name, "other"]
    assert not any(text.get_parse_math() for text in figure.findobj(Text) if text.get_text())  # type: ignore[attr-defined]
    panel = LinePanel(title=name, curves=[[[0.1, 0.2]], [[0.2, 0.3]]], is_fraction=True)
    assert line_panels_png([[panel]], [name, "other"], legend=name, description=name)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", ["png", "svg"])
def test_diagrams_take_any_name(name: str, kind: str, tmp_path: Path) -> None:
    model = Sequential([Input((2, 2, 1)), Dense(2, name=name)], name=name)
    plot_model(model, tmp_path / f"model.{kind}", show_layer_names=True)
    content = (tmp_path / f"model.{kind}").read_bytes()
    assert b"<b>" not in content


@pytest.mark.parametrize("metric", ["$x^$", "_a"])
def test_curves_take_any_metric(metric: str) -> None:
    figure = plot({metric: [0.1, 0.2], f"val_{metric}": [0.1, 0.2]})
    assert figure._repr_png_()  # type: ignore[attr-defined]
