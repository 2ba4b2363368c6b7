"""The diagram of a model: no overlaps, all connections, escaped text."""

import xml.etree.ElementTree as ElementTree
from itertools import combinations
from pathlib import Path

import pytest

import scallion as keras
from scallion.errors import UnknownNameError, UnsupportedError
from scallion.graph.diagram import DiagramStyle, draw
from scallion.utils import plot_model

SVG = "{http://www.w3.org/2000/svg}"


def branches() -> keras.Model:
    layers = keras.layers
    photo, facts = keras.Input((16, 16, 3), name="photo"), keras.Input((4,), name="facts")
    x = layers.Conv2D(8, 3, padding="same")(photo)
    parts = [layers.Conv2D(8, size, padding="same")(x) for size in (1, 3, 5)]
    y = layers.GlobalAveragePooling2D()(layers.Concatenate()([*parts, x]))
    joined = layers.Concatenate()([y, layers.Dense(8)(facts)])
    return keras.Model([photo, facts], [layers.Dense(3)(joined), layers.Dense(1)(joined)])


def test_boxes_do_not_overlap_and_connections_run_down() -> None:
    layout = draw(branches().graph, "branches", DiagramStyle()).layout
    assert len(layout.boxes) == 12
    for a, b in combinations(layout.boxes, 2):
        apart_x = abs(a.x - b.x) - (a.width + b.width) / 2
        apart_y = abs(a.y - b.y) - (a.height + b.height) / 2
        assert max(apart_x, apart_y) > 0
    assert len(layout.paths) == 14
    bottoms = {(box.x, box.y + box.height / 2) for box in layout.boxes}
    tops = {(box.x, box.y - box.height / 2) for box in layout.boxes}
    for path in layout.paths:
        assert path[0] in bottoms
        assert path[-1] in tops
        assert [y for _, y in path] == sorted(y for _, y in path)


def test_connections_avoid_the_boxes_they_pass() -> None:
    layout = draw(branches().graph, "branches", DiagramStyle()).layout
    for path in layout.paths:
        for x, y in path[1:-1]:
            for box in layout.boxes:
                inside = abs(x - box.x) < box.width / 2 and abs(y - box.y) < box.height / 2
                assert not inside


def test_svg_has_names_shapes_and_a_title() -> None:
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(3, name="a<b&c")],
        name="tiny",
    )
    tree = ElementTree.fromstring(draw(model.graph, model.name, DiagramStyle()).svg())
    texts = [element.text for element in tree.iter(f"{SVG}text")]
    assert texts[-2:] == ["a<b&c (Dense)", "3"]
    assert "8 × 8 × 1" in texts
    assert tree.findtext(f"{SVG}title") == "tiny: 3 layers, 195 parameters"


@pytest.mark.parametrize(
    ("suffix", "start"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_plot_model_writes_the_format_of_the_suffix(
    tmp_path: Path, suffix: str, start: bytes
) -> None:
    path = tmp_path / f"model.{suffix}"
    image = plot_model(branches(), path, show_shapes=True, dpi=40)
    assert path.read_bytes().startswith(start)
    assert image._repr_svg_().startswith("<svg")


def test_plot_model_refuses_unsupported_arguments(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"\.png"):
        plot_model(branches(), tmp_path / "model.dot")
    with pytest.raises(UnsupportedError, match="rankdir='LR'"):
        plot_model(branches(), None, rankdir="LR")
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_shows_the_diagram_of_a_built_model() -> None:
    assert branches()._repr_svg_().startswith("<svg")
    assert keras.Sequential([keras.layers.Dense(3)])._repr_svg_() is None
