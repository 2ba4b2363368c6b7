"""A lesson's figures on the HTML page: an image, and controls that redraw it in the browser."""

from typing import Any

import msgspec

from scallion.html import Markup, data_uri, element, join, markdown_to_html, paragraph
from scallion.lesson import figures
from scallion.lesson.figures.layer_figures import KERNELS
from scallion.lesson.markdown_page import FigureBlock

IMAGES = (0, 1, 5, 7, 8, 23)  # training images of Fashion-MNIST that the page contains

Range = tuple[float, float]
_LAST_IMAGE: Range = (0, len(IMAGES) - 1)
_NUMBERS: dict[str, dict[str, Range]] = {  # lowest and highest value of each setting
    "border": {"image": _LAST_IMAGE, "kernel_size": (1, 27), "stride": (1, 8)},
    "convolution": {"image": _LAST_IMAGE, "stride": (1, 8)},
    "dropout": {"image": _LAST_IMAGE, "rate": (0, 0.95)},
    "pooling": {"image": _LAST_IMAGE, "pool_size": (1, 28)},
}
_CHOICES = {"convolution": {"padding": ("valid", "same")}, "pooling": {"kind": ("max", "average")}}


def figure_html(block: FigureBlock) -> Markup:
    """Return the figure. Figures that the page can draw itself get controls, the others a text."""
    settings = figures.with_defaults(block.draw, block.settings)
    figure = figures.draw(block.draw, settings)
    image = element("img", alt=figure.text, src=data_uri(figure.png(), "image/png"))
    if block.draw not in _NUMBERS:
        caption = join(paragraph(figure.text), markdown_to_html(block.about))
        return element("figure", image, element("figcaption", caption))
    kernels = _json(KERNELS) if block.draw == "convolution" else None
    return element(
        "figure",
        image,
        element("div", class_="panels"),
        element("div", *_controls(block.draw, settings), class_="controls", hidden=True),
        element("figcaption", paragraph("Change the settings and see what happens.")),
        data_draw=block.draw,
        data_kernels=kernels,
    )


def _controls(name: str, settings: dict[str, Any]) -> list[Markup]:
    controls = _kernel_controls(settings["kernel"]) if name == "convolution" else []
    for key, (low, high) in _NUMBERS[name].items():
        number = element(
            "input",
            type="number",
            name=key,
            min=low,
            max=high,
            step=0.05 if isinstance(high, float) else 1,
            value=min(max(settings[key], low), high),
        )
        controls.append(element("label", f"{key} ", number))
    for key, options in _CHOICES.get(name, {}).items():
        chosen = (element("option", option, selected=settings[key] == option) for option in options)
        controls.append(element("label", f"{key} ", element("select", *chosen, name=key)))
    return controls


def _kernel_controls(kernel: Any) -> list[Markup]:
    weights = KERNELS.get(str(kernel)) or tuple(kernel)
    cells = (
        element(
            "input", inputmode="decimal", aria_label=f"kernel, weight {i}", value=f"{weight:.3g}"
        )
        for i, weight in enumerate(weights, 1)
    )
    presets = (element("option", name) for name in ("", *KERNELS))
    return [
        element("div", *cells, class_="kernel"),
        element("label", "kernel ", element("select", *presets, name="preset")),
    ]


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
