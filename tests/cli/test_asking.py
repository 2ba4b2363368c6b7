"""A run that is over, from the command line: evaluate, predict, compare, verify, runs."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from commands import Command, command
from scallion.runs import Settings, prepare, train
from stripes import save_stripes


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs in `runs`, and pictures of two test images in `pictures`."""
    home = tmp_path_factory.mktemp("home")
    data = save_stripes(home)
    for seed in (1, 2):
        settings = Settings(
            str(data),
            epochs=6,
            batch_size=16,
            seed=seed,
            out=home / "runs",
            overrides={"filters": 8},
        )
        train(prepare(settings))
    (home / "pictures" / "more").mkdir(parents=True)
    with np.load(data) as arrays:
        for number, place in enumerate(("first.png", "more/second.png")):
            Image.fromarray(arrays["x_test"][number]).save(home / "pictures" / place)
        np.save(home / "images.npy", arrays["x_test"][:5])
    return home


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run `scallion ARGUMENTS` beside the runs."""
    monkeypatch.chdir(home)
    monkeypatch.setenv("COLUMNS", "80")

    return command(monkeypatch, capsys)


def test_an_evaluation_names_scores_rivals_and_looks(run: Command) -> None:
    ending = run("evaluate", "runs/stripes-1")
    assert ending.code == 0
    assert "of 30 test images correct (95 % interval " in ending.out
    assert "(always the most frequent class)" in ending.out
    assert "(a linear model on the pixels)" in ending.out
    assert "evaluated twice" in ending.out
    assert "calibration error" in ending.out
    assert "\x1b" not in ending.out


def test_an_evaluation_as_json_has_every_number(run: Command) -> None:
    scores = json.loads(run("evaluate", "runs/stripes-1", "--split", "validation", "--json").out)
    assert scores["test_evaluations"] is None
    assert np.shape(scores["confusion"]) == (3, 3)
    assert set(scores["per_class"]) == {"precision", "recall", "f1", "support", "roc_auc"}


def test_an_evaluation_draws_pictures_and_says_where(run: Command, home: Path) -> None:
    ending = run("evaluate", "runs/stripes-1", "--split", "validation")
    drawn = home / "runs" / "stripes-1" / "evaluation" / "validation"
    names = sorted(path.name for path in drawn.iterdir())
    assert {"confusion.png", "confusion-normalized.png", "reliability.png"} <= set(names)
    assert "runs/stripes-1/evaluation/validation: confusion.png" in ending.out
    asked = ("evaluate", "runs/stripes-1", "stripes.npz", "--json")
    pictures = json.loads(run(*asked, "--out", "drawn").out)["figures"]
    assert pictures[0] == "drawn/confusion.png"
    with Image.open(home / pictures[0]) as picture:
        assert picture.format == "PNG"
    assert json.loads(run(*asked, "--no-pictures").out)["figures"] == []


def test_predictions_are_a_line_an_image(run: Command) -> None:
    ending = run("predict", "runs/stripes-1", "pictures")
    assert ending.code == 0
    assert "first.png" in ending.out
    assert "second.png" in ending.out


def test_predictions_as_csv_and_json_say_the_same(run: Command) -> None:
    asked = ("predict", "runs/stripes-1/model.keras", "pictures", "images.npy", "--top", 2)
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--csv").out)))
    found = json.loads(run(*asked, "--json").out)["images"]
    assert [row["image"] for row in rows] == [one["image"] for one in found]
    assert sorted(row["image"] for row in rows) == [
        *(f"images.npy[{number}]" for number in range(5)),
        "pictures/first.png",
        "pictures/more/second.png",
    ]
    assert [row["class_2"] for row in rows] == [one["top"][1]["name"] for one in found]
    assert [float(row["probability"]) for row in rows] == [one["probability"] for one in found]


def test_a_comparison_says_what_differs_and_whether_it_is_chance(run: Command, home: Path) -> None:
    ending = run("compare", "runs/stripes-1", "runs/stripes-2", "--picture", "curves.png")
    assert ending.code == 0
    assert "seed" in ending.out
    assert "no difference that these data can show" in ending.out
    assert "differ in the seed only" in ending.out
    with Image.open(home / "curves.png") as picture:
        assert picture.info["Description"].startswith("Validation loss")
    assert json.loads(run("compare", "runs/stripes-1", "runs/stripes-2", "--json").out)["pairs"]


def test_a_file_is_verified(run: Command) -> None:
    ending = run("verify", "runs/stripes-1/model.keras")
    assert ending.code == 0
    assert "the same answers as where it was saved, to the last bit" in ending.out


def test_other_answers_exit_1(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from scallion.models import verification

    monkeypatch.setattr(verification, "SEED", 1)
    monkeypatch.setattr(
        verification, "check_images", lambda shape, *_: np.zeros((4, *shape), np.float32)
    )
    ending = run("verify", "runs/stripes-1/model.keras", "--json")
    assert ending.code == 1
    assert json.loads(ending.out)["same"] is False


def test_runs_are_listed(run: Command) -> None:
    ending = run("runs", "--sort", "name")
    assert ending.code == 0
    assert "runs/stripes-1" in ending.out
    listed = json.loads(run("runs", "--json", "--data", "stripes").out)["runs"]
    assert [entry["run"] for entry in listed] == ["runs/stripes-1", "runs/stripes-2"]
    assert run("runs", "--model", "lesson").out == "There are no such runs in runs.\n"


def test_a_run_is_removed(run: Command, home: Path) -> None:
    from scallion.runs import RunFolder

    extra = RunFolder.create(home / "others", "mnist", {"config.json": {}})
    ending = run("runs", "rm", extra.path)
    assert (ending.code, ending.out) == (0, f"deleted {extra.path}\n")
    assert not extra.path.exists()


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (("evaluate", "nowhere"), "is not a run folder", "name a folder"),
        (("evaluate", "runs/stripes-1", "--split", "tset"), "unknown split", "did you mean 'test'"),
        (("predict", "runs/stripes-1", "nothere.png"), "nothere.png does not exist", "check"),
        (("compare", "runs/stripes-1"), "takes two or more different runs", "scallion compare"),
        (("verify", "nothere.keras"), "nothere.keras does not exist", "check the name"),
        (("runs", "--sort", "speed"), "unknown order", "did you mean"),
        (("runs", "--in", "nowhere"), "nowhere", "check the name"),
        (("runs", "rm", "pictures"), "is not a run folder", "name a folder"),
    ],
)
def test_mistakes_end_with_a_hint(
    run: Command, arguments: tuple[str, ...], message: str, hint: str
) -> None:
    ending = run(*arguments)
    assert (ending.code, ending.out) == (2, "")
    assert message in ending.err
    assert hint in ending.err
    assert "Traceback" not in ending.err
