"""The beginning and end of a report: key figures, diagnosis, model card, how to reproduce it."""

from collections.abc import Sequence
from dataclasses import replace

from scallion.applications import model_registry
from scallion.findings import Finding
from scallion.html import Markup, code_block, definitions, element, join, paragraph
from scallion.insight import Evaluation
from scallion.runs import SavedRun
from scallion.runs.folder.test_set_use import other_test_evaluations
from scallion.text_format import duration, percent, plural

_SEVERITIES = {"info": "Note", "warning": "Warning", "error": "Error"}
_MACHINE = {
    "scallion": "Scallion",
    "python": "Python",
    "numpy": "NumPy",
    "system": "System",
    "cpu": "CPU",
    "threads": "Threads",
    "engine": "Engine",
    "instruction_set": "Instruction set",
}
_CARD_CLASSES = 20  # named in the model card


def header(saved_run: SavedRun, scores: Evaluation) -> Markup:
    """Return title, summary and key figures."""
    started = str(saved_run.environment.get("started", ""))[:10]
    return join(
        element("p", "Scallion report", f" · {started}" if started else "", class_="kicker"),
        element("h1", saved_run.name),
        element("p", _summary(saved_run, scores), class_="lead"),
        _key_figures(saved_run, scores),
    )


def footer(saved_run: SavedRun, *, images: bool) -> Markup:
    """Return who wrote the report, and whether it contains images."""
    version = saved_run.environment.get("scallion", "")
    return join(f"Written by Scallion {version} from {saved_run.name}. {_contains_images(images)}")


def diagnosis(findings: Sequence[Finding]) -> Markup:
    """Return all findings, each with its severity and what to try."""
    return join(*map(_finding, findings))


def reproduce(saved_run: SavedRun) -> Markup:
    """Return the command that trains the same network, and the machine it was trained on."""
    environment = saved_run.environment
    machine = {
        title: str(environment[name]) for name, title in _MACHINE.items() if environment.get(name)
    }
    return join(
        paragraph("The same seed gives bit-identical weights, with any number of threads."),
        code_block(replace(saved_run.settings, out="runs").as_command()),
        definitions(machine),
    )


def model_card(
    saved_run: SavedRun, scores: Evaluation, findings: Sequence[Finding], *, images: bool
) -> Markup:
    """Return the model card: what it is, its intended use, quality, limitations and files."""
    names = saved_run.class_names
    config = saved_run.config
    shape = "×".join(map(str, config["data"]["image_shape"]))
    classes = ", ".join(names[:_CARD_CLASSES])
    if len(names) > _CARD_CLASSES:
        classes += " and more"
    recall = scores.per_class.recall
    worst = sorted(range(len(names)), key=lambda label: recall[label])[:3]
    weak = ", ".join(f"{names[label]} ({percent(recall[label])})" for label in worst)
    notice = model_registry.find(config["model"]["name"]).architecture.notice
    faults = [finding.sentence for finding in findings if finding.severity != "info"]
    if not faults:
        unclear = [finding.sentence for finding in findings if finding.code == "inconclusive"]
        faults = unclear or ["The diagnosis found no fault in the training."]
        faults.append("Test the model on images from where it will be used.")
    return join(
        paragraph(
            f"Model. An image classifier, {config['model']['name']}. It takes images of {shape} "
            f"and returns a probability for each of {len(names)} classes: {classes}."
        ),
        paragraph(
            f"Intended use. Images like those of {config['data']['name']}, taken in the same way. "
            "The model returns a class for every image, also for images of other things; scallion "
            "predict marks images that are unlike the training images."
        ),
        paragraph(
            f"Performance. {percent(scores.accuracy)} of {scores.images:,} validation images are "
            f"classified correctly. The classes with the lowest recall are {weak}."
        ),
        paragraph(f"Limitations. {' '.join(faults)}"),
        *([paragraph(f"Licence. {notice}")] if notice else []),
        paragraph(
            "Files. model.keras opens in Scallion and Keras 3. "
            + (
                "This report contains images from the data: share it only where you may share them."
                if images
                else "This report contains no image from the data."
            )
        ),
    )


def interval_text(interval: tuple[float, float]) -> str:
    """Return a confidence interval of a fraction: `95 % interval 78.9 to 83.2 %`."""
    low, high = interval
    return f"95 % interval {percent(low)[:-2]} to {percent(high)}"


def _summary(saved_run: SavedRun, scores: Evaluation) -> str:
    config = saved_run.config
    shape = "×".join(map(str, config["data"]["image_shape"][:2]))
    return (
        f"This network has {plural(config['model']['parameters'], 'parameter')} and classifies "
        f"images of {shape} pixels into the "
        f"{plural(len(saved_run.class_names), 'class', 'classes')} of {config['data']['name']}. "
        f"It classifies {percent(scores.accuracy)} of {scores.images:,} validation images "
        "correctly; it was not trained on them. Always predicting the most frequent class would "
        f"be correct for {percent(scores.largest_class)}."
    )


def _key_figures(saved_run: SavedRun, scores: Evaluation) -> Markup:
    config, outcome = saved_run.config, saved_run.evaluation
    images = f"{interval_text(scores.interval)}, {scores.images:,} images"
    figures = [("Validation accuracy", percent(scores.accuracy), images)]
    test = outcome.get("test") or {}
    if "accuracy" in test:
        evaluations = test.get("test_evaluations", 1)
        times = "once" if evaluations == 1 else f"{evaluations} times"
        note = f"{interval_text(test['interval'])}, {test['total']:,} images, evaluated {times}"
        if others := other_test_evaluations(saved_run.run):
            note += f", and {plural(others, 'time')} by other runs in its folder"
        figures.append(("Test accuracy", percent(test["accuracy"]), note))
    parameters = f"{config['model']['parameters']:,}"
    figures.append(("Parameters", parameters, config["model"]["name"]))
    if outcome.get("seconds"):
        epochs = plural(int(outcome["epochs"]), "epoch")
        figures.append(("Training time", duration(outcome["seconds"]), epochs))
    return element(
        "dl",
        *(
            element("div", element("dt", name), element("dd", value, element("small", note)))
            for name, value, note in figures
        ),
        class_="key-figures",
    )


def _finding(finding: Finding) -> Markup:
    kind = "Healthy" if finding.code == "healthy" else _SEVERITIES[finding.severity]
    return element(
        "div",
        paragraph(kind, "kind"),
        paragraph(finding.sentence),
        paragraph(finding.suggestion, "try") if finding.advice else None,
        class_=f"finding {finding.severity}",
    )


def _contains_images(images: bool) -> str:
    return "It contains images from the data." if images else "It contains no image from the data."
