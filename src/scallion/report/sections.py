"""The sections of a report: what was found, in words, tables and pictures."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from scallion.findings import Finding
from scallion.graph.diagram import draw
from scallion.graph.summary_rows import summary_rows, summary_totals
from scallion.html import page
from scallion.html.page import Column, Section
from scallion.insight import Evaluation
from scallion.plots import PngFigure
from scallion.runs import SavedRun
from scallion.runs.inspection import explanation
from scallion.text_format import duration, percent, plural, three_digits

_CLASSES_LISTED = 30  # above, the table of classes shows the hardest only


def header(opened: SavedRun, scores: Evaluation) -> str:
    config, outcome = opened.config, opened.outcome
    low, high = scores.interval
    boxes = [
        (
            "Validation accuracy",
            percent(scores.accuracy),
            f"95 % interval {percent(low)[:-2]} to {percent(high)}, {scores.images:,} images",
        )
    ]
    test = outcome.get("test")
    if test:
        low, high = test["interval"]
        more = (
            f"95 % interval {percent(low)[:-2]} to {percent(high)}, {test['total']:,} images, "
            f"{_looks(test.get('test_evaluations', 1))}"
        )
        boxes.append(("Test accuracy", percent(test["accuracy"]), more))
    boxes.append(("Parameters", f"{config['model']['parameters']:,}", config["model"]["name"]))
    if outcome.get("seconds"):
        epochs = plural(int(outcome["epochs"]), "epoch")
        boxes.append(("Training time", duration(outcome["seconds"]), epochs))
    figures = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(more)}</small></dd></div>"
        for name, value, more in boxes
    )
    started = str(opened.environment.get("started", ""))[:10]
    return (
        f'<p class="kicker">Scallion report{" · " + escape(started) if started else ""}</p>'
        f"<h1>{escape(opened.name)}</h1>"
        f'<p class="lead">{escape(_summary(opened, scores))}</p>'
        f'<dl class="figures">{figures}</dl>'
    )


def _looks(count: int) -> str:
    return "looked at once" if count == 1 else f"looked at {count} times"


def _summary(opened: SavedRun, scores: Evaluation) -> str:
    config = opened.config
    shape = "×".join(map(str, config["data"]["image_shape"][:2]))
    return (
        f"A network of {plural(config['model']['parameters'], 'parameter')} tells "
        f"{plural(len(opened.class_names), 'class', 'classes')} of {config['data']['name']} "
        f"apart in images of {shape} pixels. Of {scores.images:,} images that it was not trained "
        f"on, it names {percent(scores.accuracy)} rightly; always naming the most frequent class "
        f"would reach {percent(scores.largest_class)}."
    )


def all_sections(
    opened: SavedRun,
    scores: Evaluation,
    findings: Sequence[Finding],
    shown: dict[str, PngFigure],
    *,
    images: bool,
) -> list[Section]:
    mistakes = [page.figure(shown["mistakes"])] if "mistakes" in shown else []
    looks = [page.figure(shown[name]) for name in ("explained", "filters") if name in shown]
    everything = [
        Section("diagnosis", "Diagnosis", _diagnosis(findings)),
        Section("curves", "Training", page.figure(shown["curves"])),
        Section("scores", "Scores", _scores(opened, scores, shown)),
        Section("confusion", "Confusion", _confusion(opened, scores, shown)),
        Section("mistakes", "Mistakes", "".join(mistakes)),
        Section("explained", "What it looks at", "".join(looks) + _fields(opened)),
        Section("network", "Network", _network(opened)),
        Section("data", "Data", _data(opened, shown)),
        Section("repeat", "How to repeat it", _repeat(opened)),
        Section("card", "Model card", _card(opened, scores, findings, images=images)),
    ]
    return [section for section in everything if section.html]


def _diagnosis(findings: Sequence[Finding]) -> str:
    words = {"info": "Good to know", "warning": "Warning", "error": "Fault"}
    parts: list[str] = []
    for finding in findings:
        kind = "Healthy" if finding.code == "healthy" else words[finding.severity]
        parts.append(
            f'<div class="finding {finding.severity}">'
            f'<p class="kind">{kind}</p><p>{escape(finding.sentence)}</p>'
            + (f'<p class="try">{escape(finding.to_try)}</p>' if finding.advice else "")
            + "</div>"
        )
    return "".join(parts)


def _scores(opened: SavedRun, scores: Evaluation, shown: dict[str, PngFigure]) -> str:
    low, high = scores.interval
    overall = {
        "Accuracy": f"{percent(scores.accuracy)} (95 % interval {percent(low)[:-2]} to "
        f"{percent(high)})",
        "Balanced accuracy": percent(scores.balanced_accuracy),
        f"Among the first {len(scores.top_k)}": percent(scores.top_k[-1]),
        "Macro F1": percent(scores.macro.f1),
        "ROC AUC, one against rest": three_digits(scores.roc_auc),
        "Log loss": three_digits(scores.log_loss),
        "Brier score": three_digits(scores.brier_score),
        "Calibration error": percent(scores.calibration_error),
        "Always the largest class": percent(scores.largest_class),
    }
    if len(opened.class_names) <= 2:
        overall.pop(f"Among the first {len(scores.top_k)}")
    note = "All scores are those of the best epoch on the validation images."
    return (
        page.paragraph(note, "note")
        + page.facts(overall)
        + _class_table(opened, scores)
        + page.figure(shown["reliability"])
    )


def _class_table(opened: SavedRun, scores: Evaluation) -> str:
    each = scores.per_class
    order = list(range(len(opened.class_names)))
    note = ""
    if len(order) > _CLASSES_LISTED:
        order = sorted(order, key=lambda label: each.f1[label])[:_CLASSES_LISTED]
        note = page.paragraph(f"The {_CLASSES_LISTED} classes with the lowest F1.", "note")
    table = page.table(
        [
            Column("Class"),
            Column("Precision", number=True),
            Column("Recall", number=True),
            Column("F1", number=True),
            Column(""),
            Column("Images", number=True),
        ],
        [
            (
                opened.class_names[label],
                percent(each.precision[label]),
                percent(each.recall[label]),
                percent(each.f1[label]),
                page.bar(float(each.f1[label])),
                f"{each.support[label]:,}",
            )
            for label in order
        ],
    )
    return note + table


def _confusion(opened: SavedRun, scores: Evaluation, shown: dict[str, PngFigure]) -> str:
    names = opened.class_names
    matrices = "".join(page.figure(shown[name]) for name in ("confusion", "confusion-normalized"))
    if len(names) <= 4:
        matrices = f'<div class="pair">{matrices}</div>'
    if not scores.most_confused:
        return matrices
    pairs = page.table(
        [
            Column("True class"),
            Column("Taken for"),
            Column("Images", number=True),
            Column("Of its class", number=True),
        ],
        [
            (names[pair.true], names[pair.predicted], f"{pair.images:,}", percent(pair.fraction))
            for pair in scores.most_confused[:8]
        ],
    )
    return f"{matrices}<h3>Most confused pairs</h3>{pairs}"


def _fields(opened: SavedRun) -> str:
    fields = explanation.receptive_fields(opened.model)
    rows = [
        (field.layer, f"{field.size[0]} × {field.size[1]}", f"{field.jump[0]} × {field.jump[1]}")
        for field in fields
        if field.size != (1, 1)
    ]
    if not rows:
        return ""
    columns = [
        Column("Layer"),
        Column("Sees, in pixels", number=True),
        Column("Steps", number=True),
    ]
    return (
        "<h3>How far each layer sees</h3>"
        + page.paragraph("The part of the image that decides one number of a layer's output.")
        + page.table(columns, rows)
    )


def _network(opened: SavedRun) -> str:
    model = opened.model
    rows = summary_rows(model)
    totals = summary_totals(model)
    table = page.table(
        [
            Column("Layer"),
            Column("Output", whole=True),
            Column("Parameters", number=True),
            Column("How they are counted", whole=True),
            Column("Multiply-adds", number=True),
        ],
        [
            (
                f"{row.name} ({row.kind})",
                " × ".join(str(size) for size in (row.output_shape or ())[1:]),
                f"{row.parameters or 0:,}",
                row.arithmetic if row.parameters else "",
                f"{row.macs:,}" if row.macs else "",
            )
            for row in rows
        ],
    )
    words = (
        f"{totals.parameters:,} parameters in all, {totals.trainable:,} of them trained; one image "
        f"takes {totals.macs:,} multiply-adds."
    )
    svg = draw(model.graph, model.name).svg()
    return f"<figure>{svg}<figcaption>{escape(words)}</figcaption></figure>{table}"


def _data(opened: SavedRun, shown: dict[str, PngFigure]) -> str:
    data, splits = opened.config["data"], opened.config["splits"]
    counts = np.bincount(opened.splits.train.y, minlength=len(opened.class_names))
    told = page.facts(
        {
            "Name": data["name"],
            "Source": str(data["source"]),
            "Images": f"{'×'.join(map(str, data['image_shape']))}, {data['dtype']}",
            "Training": f"{splits['train']:,}" + (" (limited)" if data["limit"] else ""),
            "Validation": f"{splits['validation']:,}, which choose the best epoch",
            "Test": f"{splits['test']:,}, which training never sees",
            "Split": splits["sha256"][:16],
        }
    )
    examples = page.figure(shown["examples"]) if "examples" in shown else ""
    if len(counts) > _CLASSES_LISTED:
        return told + examples
    table = page.table(
        [Column("Class"), Column("Training images", number=True), Column("")],
        [
            (name, f"{count:,}", page.bar(count / counts.max()))
            for name, count in zip(opened.class_names, counts, strict=True)
        ],
    )
    return told + examples + table


def _repeat(opened: SavedRun) -> str:
    config, here = opened.config, opened.environment
    length = f"--steps {config['steps']}" if "steps" in config else f"--epochs {config['epochs']}"
    command = (
        f"scallion train {config['data']['source']} --model {config['model']['name']} "
        f"{length} --batch-size {config['batch_size']} "
        f"--lr {config['learning_rate']:g} --seed {config['seed']}"
    )
    if config["data"]["limit"]:
        command += f" --limit {config['data']['limit']}"
    command += f" --patience {config.get('patience', 0)}"
    command += "".join(f" --set {name}={value}" for name, value in _set(config).items())
    for name, value in config.get("settings", {}).get("pictures", {}).items():
        command += f" --{name} {value}" if value is not None else ""
    words = ("scallion", "python", "numpy", "system", "cpu", "threads", "engine", "instruction_set")
    told = {
        word.replace("_", " ").capitalize(): str(here[word]) for word in words if here.get(word)
    }
    return (
        page.paragraph("The same seed gives the same numbers, with any number of threads.")
        + f"<pre>{escape(command)}</pre>"
        + page.facts(told)
    )


def _set(config: dict[str, Any]) -> dict[str, Any]:
    return config.get("overrides") or {}


def _card(
    opened: SavedRun, scores: Evaluation, findings: Sequence[Finding], *, images: bool
) -> str:
    names = list(opened.class_names)
    each = scores.per_class
    worst = sorted(range(len(names)), key=lambda label: each.recall[label])[:3]
    weak = ", ".join(f"{names[label]} ({percent(each.recall[label])})" for label in worst)
    warned = [finding for finding in findings if finding.severity != "info"]
    shape = "×".join(map(str, opened.config["data"]["image_shape"]))
    kind = opened.config["model"]["name"]
    called = f"{', '.join(names[:20])}{' and more' if len(names) > 20 else ''}"
    sound = (
        "The diagnosis sees no fault in the training; it does not replace a test on images from "
        "where it will be used."
    )
    what = (
        f"What it is. An image classifier, {kind}, that takes images of {shape} and gives a "
        f"probability for each of {len(names)} classes: {called}."
    )
    use = (
        f"What it is for. Images like those of {opened.config['data']['name']}, taken in the same "
        "way. It answers for any image, of other things too, and does not say that it has never "
        "seen the like."
    )
    good = (
        f"How good it is. {percent(scores.accuracy)} of {scores.images:,} validation images are "
        f"right. Of the images of a class it finds the fewest with {weak}."
    )
    limits = f"Limits. {' '.join(finding.sentence for finding in warned) or sound}"
    kept = (
        "This report contains images from the data: hand it on only where you may hand on those."
        if images
        else "This report contains no image from the data."
    )
    lines = (what, use, good, limits, f"Files. model.keras opens in Scallion and Keras 3. {kept}")
    return "".join(page.paragraph(line) for line in lines)


def footer(opened: SavedRun, *, images: bool) -> str:
    has = "It contains images from the data." if images else "It contains no image from the data."
    version = opened.environment.get("scallion", "")
    return f"Written by Scallion {escape(str(version))} from {escape(opened.name)}. {has}"
