"""Models: names, layers, shapes and weights."""

import numpy as np
import pytest

import scallion
from scallion.errors import ArgumentError, ShapeError, StateError, UnsupportedError
from scallion.layers import Add, BatchNormalization, Conv2D, Dense, Flatten, Input, MaxPooling2D
from scallion.models import Model, Sequential


def lesson() -> Model:
    start = Input((32, 32, 3))
    x = Conv2D(32, (3, 3), activation="relu")(start)
    x = MaxPooling2D((2, 2))(x)
    x = Conv2D(32, (3, 3), activation="relu")(x)
    x = MaxPooling2D((2, 2))(x)
    x = Dense(32, activation="relu")(Flatten()(x))
    return Model(inputs=start, outputs=Dense(10)(x), name="cifar_model_small")


def test_names_are_numbered_as_in_keras() -> None:
    start = Input((4,))
    assert Model(start, Dense(2)(start)).name == "functional"
    assert Model(start, Dense(2)(start)).name == "functional_1"
    assert Sequential().name == "sequential"
    assert Sequential().name == "sequential_1"
    assert Model(start, Dense(2)(start), name="mine").name == "mine"

    class Classifier(Model):
        pass

    assert Classifier(start, Dense(2)(start)).name == "classifier"


def test_the_lessons_network_has_keras_properties() -> None:
    model = lesson()
    assert model.name == "cifar_model_small"
    assert model.count_params() == 47370  # the lesson: two convolutions, two pools, dense 32
    assert (model.input_shape, model.output_shape) == ((None, 32, 32, 3), (None, 10))
    assert [layer.name for layer in model.layers] == [
        "input_layer",
        "conv2d",
        "max_pooling2d",
        "conv2d_1",
        "max_pooling2d_1",
        "flatten",
        "dense",
        "dense_1",
    ]
    assert [weight.shape for weight in model.weights] == [
        (3, 3, 3, 32),
        (32,),
        (3, 3, 32, 32),
        (32,),
        (1152, 32),
        (32,),
        (32, 10),
        (10,),
    ]
    assert model.weights[0].path == "conv2d/kernel"
    assert model.input is model.inputs[0]
    assert model.output is model.outputs[0]
    assert model.output_names == ["dense_1"]


# keras 3.15.1: [layer.name for layer in model.layers] of this network
def test_branches_are_listed_in_keras_order() -> None:
    left, right = Input((8, 8, 3), name="left"), Input((8, 8, 3), name="right")
    first = Conv2D(4, 3, name="a")(left)
    other = Conv2D(4, 3, name="b")(right)
    deep = Conv2D(4, 3, padding="same", name="c")(BatchNormalization(name="bn")(first))
    joined = Add(name="add")([deep, other])
    model = Model([left, right], [Dense(2, name="x")(joined), Dense(3, name="y")(other)])
    names = ["left", "a", "bn", "right", "c", "b", "add", "x", "y"]
    assert [layer.name for layer in model.layers] == names


def test_an_unused_input_is_listed() -> None:
    used, unused = Input((4,), name="used"), Input((3,), name="unused")
    model = Model([used, unused], Dense(2, name="out")(used))
    assert {layer.name for layer in model.layers} == {"used", "unused", "out"}
    assert model.predict([np.ones((2, 4)), np.ones((2, 3))], verbose=0).shape == (2, 2)


def test_a_layer_is_found_by_name_or_index() -> None:
    model = lesson()
    assert model.get_layer("dense") is model.layers[6]
    assert model.get_layer(index=-1) is model.layers[7]
    with pytest.raises(ArgumentError, match=r"no such layer\. Received: name='dense_2'") as caught:
        model.get_layer("dense_2")
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("did you mean 'dense")
    with pytest.raises(ArgumentError, match=r"the model has 8 layers\. Received: index=8"):
        model.get_layer(index=8)
    for arguments in ({}, {"name": "dense", "index": 1}):
        with pytest.raises(ArgumentError, match="give a name or an index"):
            model.get_layer(**arguments)


def test_a_submodel_shares_its_weights() -> None:
    model = lesson()
    part = Model(model.inputs, model.get_layer("max_pooling2d").output)
    assert part.output_shape == (None, 15, 15, 32)
    assert part.weights[0] is model.weights[0]
    assert part.predict(np.zeros((2, 32, 32, 3)), verbose=0).shape == (2, 15, 15, 32)


def test_weights_are_copied_out_and_set_in_place() -> None:
    model, other = lesson(), lesson()
    held = [weight.value for weight in model.weights]
    model.set_weights(other.get_weights())
    assert all(a is b.value for a, b in zip(held, model.weights, strict=True))
    images = np.random.default_rng(0).random((3, 32, 32, 3))
    assert np.array_equal(model.predict(images, verbose=0), other.predict(images, verbose=0))
    model.get_weights()[0][...] = 7
    assert not np.any(model.weights[0].value == 7)


def test_weights_that_do_not_fit_change_nothing() -> None:
    model = lesson()
    before = model.get_weights()
    with pytest.raises(
        ArgumentError, match=r"model 'cifar_model_small' has 8 weights\. Received: 7"
    ):
        model.set_weights(before[:-1])
    changed = [weight + 1 for weight in before]
    changed[-1] = np.zeros(11)
    with pytest.raises(ShapeError, match=r"'dense_1/bias' has the shape \(10,\)"):
        model.set_weights(changed)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_trainable_sets_all_layers() -> None:
    model = lesson()
    model.trainable = False
    assert [layer.trainable for layer in model.layers] == [False] * 8
    assert (len(model.trainable_weights), len(model.non_trainable_weights)) == (0, 8)
    model.layers[-1].trainable = True
    assert [weight.path for weight in model.trainable_weights] == ["dense_1/kernel", "dense_1/bias"]
    start = Input((4,))
    assert not Model(start, Dense(2)(start), trainable=False).trainable_weights


def test_unsupported_models_raise_with_a_hint() -> None:
    with pytest.raises(UnsupportedError, match="a model needs inputs and outputs"):
        Model()


def test_tensors_that_form_no_network_raise() -> None:
    start = Input((4,))
    with pytest.raises(
        ArgumentError, match="inputs and outputs must be tensors returned by Input or layers"
    ):
        Model(start, Dense(2))
    with pytest.raises(ArgumentError, match="need the input 'input_layer', which is not among"):
        Model(Input((4,)), Dense(2)(start))
    x = Dense(4, name="same")(start)
    with pytest.raises(ArgumentError, match="two layers have the name 'same'"):
        Model(start, Dense(4, name="same")(x))


def test_summary_prints_the_layers(capsys: pytest.CaptureFixture[str]) -> None:
    lesson().summary()
    printed = capsys.readouterr().out
    assert 'Model: "cifar_model_small"' in printed
    assert "Total params: 47,370" in printed
    lines: list[str] = []
    lesson().summary(print_fn=lines.append)
    assert "47,370" in "\n".join(lines)


def test_importing_models_stays_light() -> None:
    import subprocess
    import sys

    code = "import sys, scallion.models; print([m for m in sys.modules if m.split('.')[0] in "
    code += "('h5py', 'matplotlib', 'pandas', 'rich', 'typer', 'PIL', 'zipfile')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_public_names_exist() -> None:
    assert scallion.Model is Model
    assert scallion.Sequential is Sequential
    assert callable(scallion.models.load_model)
    with pytest.raises(AttributeError, match=r"did you mean scallion\.models\.load_model"):
        _ = scallion.models.load_modle


def test_add_and_pop_change_a_sequential() -> None:
    model = Sequential([Input((6, 6, 1)), Flatten()])
    model.add(Dense(4, name="four"))
    model.add(Dense(2, name="two"))
    assert [layer.name for layer in model.layers] == ["flatten", "four", "two"]
    assert model.count_params() == 37 * 4 + 5 * 2
    two = model.pop()
    assert (two.name, model.output_shape) == ("two", (None, 4))
    model.add(two)
    assert model.output is two.output
    assert model.get_layer(index=0).name == "flatten"


def test_first_images_build_a_sequential_without_input() -> None:
    model = Sequential([Flatten(), Dense(3, activation="softmax")])
    assert not model.built
    for read in (
        lambda: model.input_shape,
        lambda: model.weights,
        lambda: model.count_params(),
    ):
        with pytest.raises(StateError, match="the shape of its images is not known yet"):
            read()
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(np.ones((4, 6, 6, 1)), np.arange(4) % 3, verbose=0)
    assert model.input_shape == (None, 6, 6, 1)
    again = Sequential([Flatten(), Dense(3, activation="softmax")])
    assert again.predict(np.ones((4, 5, 5, 1)), verbose=0).shape == (4, 3)
    built = Sequential([Flatten(), Dense(3, activation="softmax")])
    built.build((None, 6, 6, 1))
    assert built.count_params() == 37 * 3
    with pytest.raises(ArgumentError, match=r"takes images of \(None, 6, 6, 1\)"):
        built.build((None, 5, 5, 1))


def test_invalid_layers_of_a_sequential_raise() -> None:
    with pytest.raises(ArgumentError, match=r"a Sequential consists of layers\. Received: str"):
        Sequential(["dense"])
    with pytest.raises(ArgumentError, match="two layers are called 'one'"):
        Sequential([Dense(2, name="one"), Dense(2, name="one")])
    with pytest.raises(ArgumentError, match="already has a first layer"):
        Sequential([Flatten(), Input((4, 4, 1))])
    with pytest.raises(ArgumentError, match="there is no layer to remove"):
        Sequential().pop()
    with pytest.raises(StateError, match="has no layers"):
        Sequential().build((None, 4))


def test_a_layer_that_does_not_fit_changes_nothing() -> None:
    model = Sequential([Input((4, 4, 1)), Conv2D(2, 3)])
    with pytest.raises(ShapeError):
        model.add(Conv2D(2, 3))
    assert len(model.layers) == 1
    assert model.output_shape == (None, 2, 2, 2)
    late = Sequential([Conv2D(2, 3), Conv2D(2, 3)])
    with pytest.raises(ShapeError):
        late.predict(np.zeros((1, 4, 4, 1)), verbose=0)
    assert late.predict(np.zeros((1, 5, 5, 1)), verbose=0).shape == (1, 1, 1, 2)
