"""`model.summary()` in the styles of Keras 3, of Keras 2, and with calculations."""

from pathlib import Path

import pytest

import scallion
import summaries
from scallion import layers
from scallion.errors import ArgumentError, StateError, UnknownNameError
from scallion.graph.summary import summary_rows, summary_totals

# Written by scripts/expectations_summary.py from Keras 3.15.1.
KERAS = Path(__file__).parent / "keras_summaries"

# The answer to the lesson's third question, without the four spaces that indent its block.
LESSON = """\
Model: "cifar_model"
_________________________________________________________________
Layer (type)                 Output Shape              Param #
=================================================================
input_4 (InputLayer)         [(None, 32, 32, 3)]       0
_________________________________________________________________
conv2d_6 (Conv2D)            (None, 30, 30, 32)        896
_________________________________________________________________
max_pooling2d_4 (MaxPooling2 (None, 15, 15, 32)        0
_________________________________________________________________
conv2d_7 (Conv2D)            (None, 13, 13, 32)        9248
_________________________________________________________________
max_pooling2d_5 (MaxPooling2 (None, 6, 6, 32)          0
_________________________________________________________________
conv2d_8 (Conv2D)            (None, 4, 4, 32)          9248
_________________________________________________________________
flatten_3 (Flatten)          (None, 512)               0
_________________________________________________________________
dense_6 (Dense)              (None, 32)                16416
_________________________________________________________________
dense_7 (Dense)              (None, 10)                330
=================================================================
Total params: 36,138
Trainable params: 36,138
Non-trainable params: 0
_________________________________________________________________"""

RESIDUAL_CLASSIC = """\
Model: "functional"
__________________________________________________________________________________________________
Layer (type)                    Output Shape         Param #     Connected to
==================================================================================================
input_layer (InputLayer)        [(None, 8, 8, 4)]    0
__________________________________________________________________________________________________
conv_stem (Conv2D)              (None, 8, 8, 4)      148         input_layer[0][0]
__________________________________________________________________________________________________
batch_normalization (BatchNorma (None, 8, 8, 4)      16          conv_stem[0][0]
__________________________________________________________________________________________________
add (Add)                       (None, 8, 8, 4)      0           batch_normalization[0][0]
                                                                 input_layer[0][0]
__________________________________________________________________________________________________
dense (Dense)                   (None, 8, 8, 4)      20          add[0][0]
                                                                 dense[0][0]
__________________________________________________________________________________________________
conv2d (Conv2D)                 (None, 8, 8, 4)      20          dense[1][0]
==================================================================================================
Total params: 204
Trainable params: 176
Non-trainable params: 28
__________________________________________________________________________________________________"""


def named_lesson() -> scallion.Model:
    start = layers.Input((32, 32, 3), name="input_4")
    x = layers.Conv2D(32, (3, 3), activation="relu", name="conv2d_6")(start)
    x = layers.MaxPooling2D((2, 2), name="max_pooling2d_4")(x)
    x = layers.Conv2D(32, (3, 3), activation="relu", name="conv2d_7")(x)
    x = layers.MaxPooling2D((2, 2), name="max_pooling2d_5")(x)
    x = layers.Conv2D(32, (3, 3), activation="relu", name="conv2d_8")(x)
    x = layers.Flatten(name="flatten_3")(x)
    x = layers.Dense(32, activation="relu", name="dense_6")(x)
    return scallion.Model(start, layers.Dense(10, name="dense_7")(x), name="cifar_model")


@pytest.mark.parametrize(("network", "option"), summaries.combinations())
def test_table_matches_keras(network: str, option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    model = summaries.NETWORKS[network](scallion)
    expected = (KERAS / f"{network}-{option}.txt").read_text(encoding="utf-8")
    assert summaries.text(model, **summaries.OPTIONS[option]) == expected


def test_a_pipe_gets_plain_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    summaries.lesson(scallion).summary()
    expected = (KERAS / "lesson-plain.txt").read_text(encoding="utf-8")
    assert capsys.readouterr().out == expected


def test_a_terminal_gets_colours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    summaries.sequential(scallion).summary()
    assert "\x1b[1mModel: " in capsys.readouterr().out


def test_lines_longer_than_the_screen_are_not_truncated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = summaries.text(summaries.lesson(scallion), line_length=100)
    assert {len(line) for line in text.splitlines()[1:-3]} == {100}


def test_classic_table_is_that_of_the_lesson() -> None:
    assert summaries.text(named_lesson(), style="classic") == LESSON


def test_classic_style_calls_print_fn_per_line() -> None:
    lines: list[str] = []
    named_lesson().summary(print_fn=lines.append, style="classic")
    assert lines == LESSON.splitlines()


def test_classic_style_prints_to_stdout(
    capsys: pytest.CaptureFixture[str],
) -> None:
    named_lesson().summary(style="classic")
    assert capsys.readouterr().out == LESSON + "\n"


def test_classic_table_shows_connections() -> None:
    assert summaries.text(summaries.residual(scallion), style="classic") == RESIDUAL_CLASSIC


def test_classic_style_accepts_length_and_positions() -> None:
    model = named_lesson()
    lines = summaries.text(
        model, style="classic", line_length=80, positions=[40, 70, 80]
    ).splitlines()
    assert lines[1] == "_" * 80
    assert (
        lines[8]
        == "max_pooling2d_4 (MaxPooling2D)".ljust(40) + "(None, 15, 15, 32)".ljust(30) + "0"
    )


def test_arithmetic_style_shows_all_calculations() -> None:
    text = " ".join(summaries.text(named_lesson(), style="arithmetic").split())
    # 3*3*3 weights, 32 kernels, 30*30 positions; 30*30*32 and 13*13*32 floats of 4 bytes.
    assert "│ 3*3*3*32 + 32 = 896 │ 777,600 │ 112.50 KB │" in text
    assert "│ 3*3*32*32 + 32 = 9248 │ 1,557,504 │ 21.12 KB │" in text
    assert "│ 512*32 + 32 = 16416 │ 16,384 │ 128.00 B │" in text
    assert "Total params: 36,138 (141.16 KB)" in text
    # 777600 + 1557504 + 4*4*9*32*32 + 512*32 + 32*10
    assert "Multiply-adds: 2,499,264 for one image" in text


def test_arithmetic_style_shows_connections() -> None:
    text = summaries.text(summaries.residual(scallion), style="arithmetic")
    assert "batch_normalization[0][0], input_layer[0][0]" in text


def test_dense_on_an_image_is_explained() -> None:
    start = layers.Input((32, 32, 3))
    model = scallion.Model(start, layers.Dense(100)(start))
    text = summaries.text(model, style="arithmetic")
    assert "3*100 + 100 = 400" in text
    assert " dense: Dense applies to the last axis only" in text
    assert "3072*100 + 100 = 307300" in text


def test_arithmetic_style_accepts_length_and_positions() -> None:
    model = named_lesson()
    text = summaries.text(
        model, style="arithmetic", line_length=90, positions=[0.3, 0.5, 0.75, 0.9, 1.0]
    )
    assert {len(line) for line in text.splitlines()[1:20]} == {90}


def test_brackets_in_names_are_not_markup() -> None:
    start = layers.Input((4,), name="[red]rows[red]")
    model = scallion.Model(start, layers.Dense(1)(start), name="[bold]")
    text = summaries.text(model)
    assert 'Model: "[bold]"' in text
    assert "[red]rows[red]" in text


def test_rows_contain_the_values() -> None:
    first, second, *_ = summary_rows(summaries.lesson(scallion))
    assert (first.name, first.kind, first.output_shape) == (
        "input_layer",
        "InputLayer",
        (None, 32, 32, 3),
    )
    assert (second.parameters, second.arithmetic) == (896, "3*3*3*32 + 32 = 896")
    assert (second.macs, second.activation_bytes) == (30 * 30 * 27 * 32, 30 * 30 * 32 * 4)
    assert second.connected_to == ("input_layer[0][0]",)
    assert (first.trainable, second.trainable) == (None, True)


def test_a_layer_called_twice_counts_twice() -> None:
    dense = next(row for row in summary_rows(summaries.residual(scallion)) if row.name == "dense")
    assert (dense.parameters, dense.macs) == (20, 2 * 8 * 8 * 16)
    assert dense.connected_to == ("add[0][0]", "dense[0][0]")


def test_calls_in_other_models_do_not_count() -> None:
    start, other = layers.Input((8,)), layers.Input((8,))
    shared = layers.Dense(3)
    shared(other)
    model = scallion.Model(start, shared(start))
    assert summary_rows(model)[1].connected_to == ("input_layer[0][0]",)
    assert summary_totals(model).macs == 24


def test_rows_of_an_unbuilt_model_have_only_names() -> None:
    flatten, dense = summary_rows(summaries.unbuilt(scallion))
    assert (flatten.name, flatten.output_shape, flatten.parameters) == ("flatten", None, None)
    assert (dense.arithmetic, dense.macs, dense.connected_to) == ("", 0, ())


def test_optimizer_state_counts_once_it_exists() -> None:
    assert summary_totals(summaries.compiled(scallion)).optimizer is None
    # Two slots per weight, the counter and the rate.
    assert summary_totals(summaries.trained(scallion)).optimizer == 2 * 36138 + 2


@pytest.mark.parametrize("style", ["keras", "arithmetic", "classic"])
def test_too_few_positions_get_a_working_hint(style: str) -> None:
    model = named_lesson()
    with pytest.raises(ArgumentError, match=r"the end of each of \d columns") as caught:
        summaries.text(model, style=style, positions=[0.5, 1.0])
    suggested = eval(f"dict({caught.value.hint})")
    assert "conv2d_6" in summaries.text(model, style=style, **suggested)


def test_a_short_line_gets_a_working_hint() -> None:
    model = summaries.lesson(scallion)
    with pytest.raises(ArgumentError, match="too short for the table's columns") as caught:
        model.summary(line_length=5)
    assert "conv2d" in summaries.text(model, **eval(f"dict({caught.value.hint})"))


@pytest.mark.parametrize("layer_range", [("conv2d",), ("conv2d", 3), ()])
def test_a_range_must_be_two_names(layer_range: tuple[object, ...]) -> None:
    with pytest.raises(ArgumentError, match="`layer_range` must be two names"):
        summaries.lesson(scallion).summary(layer_range=layer_range)


def test_an_unmatched_range_lists_the_layers() -> None:
    with pytest.raises(ArgumentError, match="no layer matches") as caught:
        summaries.sequential(scallion).summary(layer_range=("conv", "dense"))
    assert caught.value.hint == "layers: flatten, dense"


def test_an_unknown_style_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown style of summary") as caught:
        summaries.lesson(scallion).summary(style="clasic")
    assert "did you mean 'classic'?" in str(caught.value)


def test_classic_style_needs_an_input_shape() -> None:
    with pytest.raises(StateError, match="does not know its input shape yet"):
        summaries.unbuilt(scallion).summary(style="classic")
