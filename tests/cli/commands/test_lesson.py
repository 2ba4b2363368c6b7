"""`scallion lesson` as it is typed."""

import json
from pathlib import Path

import pytest

from commands import command

RIGHT = """
guess-accuracy = "c"
numbers-in-an-image = 3072
why-three-splits = "c"
dense-parameters = "307,300"
forgot-flatten = 400
size-after-convolution = 30
convolution-parameters = 2700
times-fewer = "b"
size-into-flatten = 6
lesson-parameters = 47370
more-or-fewer = "c"
deeper-parameters = "36,138"
steps-an-epoch = 282
loss-of-a-guess = "c"
dense-or-convolution = "b"
precision = "80 %"
reading-curves = "b"
dropout-parameters = 0
dropout-rate = "c"
training-below-validation = "c"
exercise-1-mnist = "mnist-1"
exercise-1-fashion = "fashion-mnist-1"
exercise-2-overfitting = "a"
what-to-report = "c"
"""
MODEL = """
import scallion as keras
x = inputs = keras.Input((32, 32, 3))
x = keras.layers.Conv2D(32, 3)(x)
x = keras.layers.MaxPooling2D(2)(x)
x = keras.layers.Conv2D(32, 3)(x)
x = keras.layers.MaxPooling2D(2)(x)
x = keras.layers.Conv2D(32, 3)(x)
x = keras.layers.Flatten()(x)
x = keras.layers.Dense(32)(x)
model = keras.Model(inputs, keras.layers.Dense(10)(x))
"""


def save_run(folder, data, right):
    """A run folder as `scallion train` leaves it, with these accuracies."""
    folder.mkdir()
    config = {
        "format_version": 1,
        "data": {
            "name": data,
            "source": data,
            "image_shape": [28, 28, 1],
            "dtype": "uint8",
            "class_names": [str(digit) for digit in range(10)],
            "limit": None,
        },
        "splits": {
            "train": 54000,
            "validation": 6000,
            "test": 10000,
            "sha256": "",
            "fingerprints": dict.fromkeys(("train", "validation", "test"), ""),
        },
        "model": {"name": "lesson", "parameters": 47370},
        "preprocessing": {"scale": 1 / 255},
        "optimizer": {},
        "loss": {},
        "learning_rate": 0.001,
        "batch_size": 32,
        "epochs": len(right),
        "steps": None,
        "patience": 0,
        "metrics": [],
        "overrides": {},
        "balance": False,
        "augment": "none",
        "seed": 0,
        "settings": {},
        "versions": {},
    }
    (folder / "config.json").write_text(json.dumps(config))
    lines = [f"{n},0.5,{value},0.5,{value}" for n, value in enumerate(right, 1)]
    columns = "epoch,loss,accuracy,val_loss,val_accuracy"
    (folder / "history.csv").write_text("\n".join([columns, *lines, ""]))


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path("answers.toml").write_text(RIGHT)
    Path("model.py").write_text(MODEL)
    for name, right in (("mnist", 0.97), ("fashion-mnist", 0.88)):
        save_run(Path(f"{name}-1"), name, [right - 0.1, right - 0.05, right])

    return command(monkeypatch, capsys, "lesson")


def test_lessons_are_listed(run) -> None:
    code, out, _ = run()
    assert code == 0, out
    assert "onions: Networks are like onions" in out
    assert "scallion lesson start onions" in out


def test_a_scripted_session_echoes_its_input(run) -> None:
    code, out, _ = run("start", "onions", "--page", 3, stdin="307200\n307300\nquit\n")
    assert code == 0, out
    assert "Your number > 307200\n307,200 is not it. The weights are right." in out
    assert "Right: 3072*100 + 100 = 307,300." in out
    assert "Saved in onions.json" in out
    assert max(map(len, out.splitlines())) <= 80
    assert json.loads(Path("onions.json").read_text())["answers"] == {"dense-parameters": "307300"}


def test_right_answers_pass(run) -> None:
    code, out, _ = run("check", "onions", "answers.toml", "model.py")
    assert "right  deeper-network: a network of 36,138 parameters" in out
    assert code == 0, out


def test_a_wrong_answer_has_a_hint_and_exit_code_1(run) -> None:
    Path("answers.toml").write_text(RIGHT.replace('"307,300"', "307200"))
    code, out, _ = run("check", "onions", "answers.toml", "model.py")
    assert code == 1
    assert "wrong  dense-parameters: 307,200 is not it.\n       hint: The weights are right" in out


def test_an_unanswered_question_does_not_pass(run) -> None:
    code, out, _ = run("check", "onions", "answers.toml")
    assert code == 1
    assert "open   deeper-network: not answered; it needs a network" in out


def test_the_check_is_printed_as_json(run) -> None:
    code, out, _ = run("check", "onions", "answers.toml", "model.py", "--json")
    report = json.loads(out)
    assert code == 0, out
    assert report["passed"] is True
    assert report["questions"]["guess-accuracy"]["right"] is None


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("x = 1\n\n1 / 0\n", "model.py, line 3: ZeroDivisionError"),
        ("model = (\n", "model.py, line 1: SyntaxError"),
        ("network = 1\n", "model.py does not define `model`"),
        (MODEL.replace("model =", "net ="), "hint: model = net"),
        (MODEL.replace("Flatten()", "Flaten()"), "model.py, line 9: "),
        (
            "import scallion as k\nmodel = k.Sequential([k.layers.Dense(1)])\n",
            "shape of its images",
        ),
    ],
)
def test_a_faulty_model_file_is_a_wrong_answer(run, source, words) -> None:
    Path("model.py").write_text(source)
    code, out, _ = run("check", "onions", "answers.toml", "model.py")
    assert code == 1
    assert words in out


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (("start", "onoins"), "unknown lesson", "did you mean 'onions'?"),
        (("start", "onions", "--page", 99), "pages. Received: --page 99", "--page"),
        (("check", "onions", "nothere.toml"), "cannot read nothere.toml", "check the name"),
        (("check", "onions", "model.py"), "model.py: not valid TOML", "texts are in quotes"),
    ],
)
def test_mistakes_end_with_exit_code_2_and_a_hint(run, arguments, message, hint) -> None:
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert message in err
    assert f"hint: {hint}" in err
    assert "Traceback" not in err


def test_an_unknown_question_suggests_the_nearest(run) -> None:
    Path("answers.toml").write_text("dense-parameter = 3\n")
    code, _, err = run("check", "onions", "answers.toml")
    assert code == 2
    assert "did you mean 'dense-parameters'?" in err


@pytest.mark.parametrize(
    ("data", "right", "words"),
    [
        (
            "fashion-mnist",
            [0.9, 0.95, 0.97],
            "hint: The question is about mnist: scallion train mnist",
        ),
        ("mnist", [0.97], "hint: Give it 3: --epochs 3"),
        ("mnist", [0.5, 0.6, 0.7], "it has not learned enough"),
    ],
)
def test_a_run_is_graded_by_its_files(run, data, right, words) -> None:
    save_run(Path("other-1"), data, right)
    Path("answers.toml").write_text('exercise-1-mnist = "other-1"\n')
    code, out, _ = run("check", "onions", "answers.toml")
    assert code == 1
    assert words in out


def test_page_and_notebook_are_exported(run) -> None:
    code, out, _ = run("export", "onions", "--out", "public")
    assert code == 0, out
    page = Path("public/onions.html").read_text()
    notebook = json.loads(Path("public/onions.ipynb").read_text())
    assert "public/onions.html: opens in any browser, offline" in out
    assert "http://" not in page.replace("http://yann", "")
    assert "https://" not in page
    assert notebook["nbformat"] == 4
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
