"""`scallion data`: list and download data sets, show and check your own images."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from scallion import files
from scallion.cli.error_handling import handle_errors
from scallion.cli.options import (
    Augment,
    Debug,
    ImageFit,
    ImageGroup,
    ImageSize,
    Json,
    ModelName,
    Threads,
    configure,
    print_json,
)
from scallion.cli.progress_display import progress
from scallion.cli.wrapping import wrap_text

FOUND = 1  # the exit code of a check that has warnings or errors

data = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Folder = Annotated[
    str, typer.Argument(metavar="FOLDER", help="An image folder, a label table, or arrays.")
]
Sheet = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        show_default=False,
        help="Where the contact sheet is written (PNG).",
    ),
]


@data.callback()
def start() -> None:
    """List data sets, and check your own images.

    \b
    Examples:
      scallion data list
      scallion data check FOLDER
    """


@data.command("list")
@handle_errors
def list_sets(
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """List the data sets, with their contents and licences.

    \b
    Examples:
      scallion data list
      scallion data list --json
    """
    from scallion import datasets  # slow to import

    sets = [datasets.find(name) for name in datasets.names()]
    if json:
        print_json([asdict(info) for info in sets])
        return
    for info in sets:
        typer.echo(f"{info.name:<14} {info.title}")
        where = "in the package" if info.bundled else "downloaded once, checked by SHA-256"
        train, test = info.counts
        for line in (
            f"{train:,} training and {test:,} test images, {len(info.class_names)} classes",
            f"licence: {info.licence}; {info.size / 1e6:.0f} MB, {where}",
            info.source,
        ):
            typer.echo(f"{'':<14} {line}")


@data.command()
@handle_errors
def get(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name from `scallion data list`.")],
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Download a data set, and describe it.

    Later commands need no internet connection for it.

    \b
    Examples:
      scallion data get cifar10
    """
    from scallion import datasets  # slow to import

    info = datasets.find(name)
    info.load()
    if json:
        print_json(asdict(info))
        return
    typer.echo(wrap_text(_describe_set(info), sys.stdout, 9))


@data.command()
@handle_errors
def show(
    folder: Folder,
    size: ImageSize = None,
    fit: ImageFit = None,
    group: ImageGroup = None,
    augment: Augment = "own",
    model: ModelName = "quick",
    out: Sheet = None,
    threads: Threads = None,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Write a contact sheet of images as the network sees them.

    For each class: its files, resized, and augmented as `scallion train` with the same --augment
    and --model would.

    \b
    Examples:
      scallion data show FOLDER
      scallion data show FOLDER --size 48 --fit pad --augment strong --out sheet.png
    """
    from scallion import images, runs  # slow to import

    found = _load(folder, size, fit, group, threads)
    layers = runs.augmentation_layers(augment, model, found.image_shape, found.class_names)
    path = _save(images.contact_sheet(found, layers), out or Path(f"{found.name}-sheet.png"))
    typer.echo(f"The contact sheet is in {path}.")


@data.command()
@handle_errors
def check(
    folder: Folder,
    size: ImageSize = None,
    fit: ImageFit = None,
    group: ImageGroup = None,
    out: Sheet = None,
    threads: Threads = None,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Check images: damaged files, duplicates, leaks, shortcuts.

    Finds what would invalidate a result, such as the same image in two splits. Your files are never
    changed. Exits with 0 if there is nothing to worry about, with 1 for warnings or errors, with 2
    if the images cannot be used at all. --out writes a contact sheet of the suspicious images.

    \b
    Examples:
      scallion data check FOLDER
      scallion data check FOLDER --out suspicious.png
      scallion data check FOLDER --json
    """
    from scallion import images  # slow to import

    found = _load(folder, size, fit, group, threads)
    findings = images.check(found)
    sheet = images.findings_sheet(found, findings) if out is not None else None
    path = None if sheet is None or out is None else _save(sheet, out)
    if json:
        print_json(_check_as_dict(found, findings, path))
    else:
        typer.echo(wrap_text(_format_check(found, findings), sys.stdout, 9))
        if path is not None:
            typer.echo(f"The suspicious images are in {path}.")
    if any(finding.severity != "info" for finding in findings):
        raise typer.Exit(FOUND)


def _load(
    folder: str, size: str | None, fit: str | None, group: str | None, threads: int | None
) -> Any:
    from scallion import images  # slow to import

    configure(threads)
    with progress(f"reading {folder}") as on_images:
        return images.load(folder, size=size, fit=fit, group=group, progress=on_images)


def _check_as_dict(found: Any, findings: list[Any], sheet: Path | None) -> dict[str, Any]:
    names = ("train", "validation", "test")
    rule = found.resize_rule
    return {
        "images": {name: len(part) for name, part in zip(names, found.splits, strict=True)},
        "class_names": found.class_names,
        "resize_rule": None if rule is None else rule.as_dict(),
        "split_sha256": found.split_summary.sha256,
        "findings": [finding.as_dict() for finding in findings],
        "sheet": sheet,
    }


def _format_check(found: Any, findings: list[Any]) -> str:
    train, validation, test = (len(part) for part in found.splits)
    counts = f"{train:,} training, {validation:,} validation and {test:,} test images"
    lines = [f"{counts} in {len(found.class_names):,} classes."]
    if found.resize_rule is not None:
        lines.append(f"Images are resized to {found.resize_rule.describe()}.")
    for finding in findings:
        lines.append(f"{finding.severity + ':':<8} {finding.sentence}")
        if finding.advice:
            lines.append(f"{'':<8} {finding.advice}")
    if not findings:
        lines.append("Nothing suspicious was found.")
    return "\n".join(lines)


def _save(sheet: Any, path: Path) -> Path:
    """Write a contact sheet as PNG, atomically, and return its path."""
    with files.atomic_write(path) as file:
        sheet.save(file, "PNG", optimize=True)
    return path


def _describe_set(info: Any) -> str:
    from scallion.datasets import bundled  # slow to import

    train, test = info.counts
    shape = "x".join(map(str, info.image_shape))
    place = bundled.DATA / info.name if info.bundled else files.cache_dir() / "datasets"
    return "\n".join(
        (
            f"set      {info.name}: {info.title}",
            f"images   {train:,} for training, {test:,} for testing, of {shape}",
            f"classes  {', '.join(info.class_names)}",
            f"licence  {info.licence}",
            f"source   {info.source}",
            f"place    {place}, {info.size / 1e6:.0f} MB",
            f"next     scallion train {info.name}",
        )
    )
