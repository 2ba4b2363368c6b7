"""The sections of a report about network and data: explanation, layers, splits."""

import numpy as np

from scallion.graph.diagram import draw
from scallion.graph.summary_rows import summary_rows, summary_totals
from scallion.html import (
    Markup,
    TableColumn,
    bar,
    definitions,
    element,
    join,
    paragraph,
    png_figure,
    svg_figure,
    table,
)
from scallion.report.score_sections import CLASSES_LISTED, Figures
from scallion.runs import SavedRun
from scallion.runs.inspection import explanation


def explanation_section(saved_run: SavedRun, figures: Figures) -> Markup:
    """Return heat maps, filters and receptive fields, as far as the network has them."""
    shown = (png_figure(figures[name]) for name in ("explained", "filters") if name in figures)
    return join(*shown, _receptive_fields(saved_run))


def network_section(saved_run: SavedRun) -> Markup:
    """Return the network's diagram, and its layers with their parameters."""
    model = saved_run.model
    totals = summary_totals(model)
    layers = table(
        [
            TableColumn("Layer"),
            TableColumn("Output", nowrap=True),
            TableColumn("Parameters", number=True),
            TableColumn("Calculation", nowrap=True),
            TableColumn("Multiply-adds", number=True),
        ],
        [
            (
                f"{row.name} ({row.kind})",
                " × ".join(str(size) for size in (row.output_shape or ())[1:]),
                f"{row.parameters or 0:,}",
                row.arithmetic if row.parameters else "",
                f"{row.macs:,}" if row.macs else "",
            )
            for row in summary_rows(model)
        ],
    )
    caption = (
        f"{totals.parameters:,} parameters, {totals.trainable:,} of them trainable. One image "
        f"takes {totals.macs:,} multiply-adds."
    )
    return join(svg_figure(draw(model.graph, model.name).svg(), caption), layers)


def data_section(saved_run: SavedRun, figures: Figures) -> Markup:
    """Return the data set, its splits, an image of each class, and the sizes of the classes."""
    data, splits = saved_run.config["data"], saved_run.config["splits"]
    facts = definitions(
        {
            "Name": data["name"],
            "Source": str(data["source"]),
            "Images": f"{'×'.join(map(str, data['image_shape']))}, {data['dtype']}",
            "Training": f"{splits['train']:,}" + (" (limited)" if data["limit"] else ""),
            "Validation": f"{splits['validation']:,}, used to choose the best epoch",
            "Test": f"{splits['test']:,}, never used in training",
            "Fingerprint of the splits": splits["sha256"][:16],
        }
    )
    examples = png_figure(figures["examples"]) if "examples" in figures else None
    counts = np.bincount(saved_run.splits.train.y, minlength=len(saved_run.class_names))
    if len(counts) > CLASSES_LISTED:
        return join(facts, examples)
    classes = table(
        [TableColumn("Class"), TableColumn("Training images", number=True), TableColumn("")],
        [
            (name, f"{count:,}", bar(count / counts.max()))
            for name, count in zip(saved_run.class_names, counts, strict=True)
        ],
    )
    return join(facts, examples, classes)


def _receptive_fields(saved_run: SavedRun) -> Markup | None:
    rows = [
        (field.layer, f"{field.size[0]} × {field.size[1]}", f"{field.jump[0]} × {field.jump[1]}")
        for field in explanation.receptive_fields(saved_run.model)
        if field.size != (1, 1)
    ]
    if not rows:
        return None
    columns = [
        TableColumn("Layer"),
        TableColumn("Receptive field, in pixels", number=True),
        TableColumn("Stride", number=True),
    ]
    return join(
        element("h3", "Receptive fields"),
        paragraph(
            "The receptive field is the part of the image that one value of the layer's output "
            "depends on. The stride is the distance between the fields of neighbouring values."
        ),
        table(columns, rows),
    )
