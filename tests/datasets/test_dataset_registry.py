"""The registry of data sets: names, descriptions and loading."""

import pytest

from scallion import datasets
from scallion.datasets import bundled
from scallion.errors import MissingFileError, UnknownAttributeError, UnknownNameError


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("fashion-mnist", "fashion-mnist"),
        ("fashion_mnist", "fashion-mnist"),
        ("Fashion MNIST", "fashion-mnist"),
        ("mnist", "mnist"),
        ("MNIST", "mnist"),
        ("cifar10", "cifar10"),
        ("cifar-10", "cifar10"),
        ("CIFAR_100", "cifar100"),
    ],
)
def test_hyphens_underscores_and_capitals_do_not_matter(written, name):
    assert datasets.find(written).name == name


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [("fashion-mnsit", "fashion-mnist"), ("cifar", "cifar10"), ("minst", "mnist")],
)
def test_an_unknown_name_suggests_the_nearest(wrong, nearest):
    with pytest.raises(UnknownNameError) as caught:
        datasets.find(wrong)
    assert str(caught.value) == (
        f"unknown data set or folder. Received: {wrong!r}\n"
        f"hint: did you mean {nearest!r}? Known: cifar10, cifar100, fashion-mnist, mnist"
    )


@pytest.mark.parametrize("name", ["fashion-mnist", "mnist"])
def test_a_bundled_data_set_matches_its_description(name):
    found = datasets.find(name)
    arrays = found.load()
    assert found.bundled
    assert arrays.x_train.shape == (60000, 28, 28, 1)
    assert arrays.x_test.shape == (10000, 28, 28, 1)
    assert (arrays.y_train.shape, arrays.y_test.shape) == ((60000,), (10000,))
    assert (len(arrays.x_train), len(arrays.x_test)) == found.counts
    assert arrays.image_shape == found.image_shape == (28, 28, 1)
    assert arrays.class_names == found.class_names
    assert arrays.name == name
    files = (bundled.DATA / name).glob("*.gz")
    assert sum(path.stat().st_size for path in files) == found.size


def test_fashion_mnist_has_its_class_names():
    # https://github.com/zalandoresearch/fashion-mnist, "Labels"
    assert datasets.find("fashion-mnist").class_names == (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )


def test_labels_of_cifar_are_one_dimensional(made10, made100, server):
    server.body = made10.archive
    datasets.cifar10.load_data(origin=server.url)
    ten = datasets.find("cifar10").load()
    assert ten.x_train.shape == (100, 32, 32, 3)
    assert ten.y_train.shape == (100,)
    assert ten.class_names[6] == "frog"
    server.body = made100.archive
    datasets.cifar100.load_data(origin=server.url)
    hundred = datasets.find("cifar100").load()
    assert hundred.y_test.tolist() == made100.labels["test"]["fine_labels"]
    assert len(hundred.class_names) == 100
    assert (hundred.class_names[0], hundred.class_names[99]) == ("apple", "worm")


def test_arrays_unpack_like_keras_load_data():
    arrays = datasets.find("mnist").load()
    (x_train, y_train), (x_test, y_test) = arrays
    assert x_train is arrays.x_train
    assert y_test is arrays.y_test
    assert (len(y_train), len(x_test)) == (60000, 10000)


@pytest.mark.parametrize("path", ["./cells", "photos/cells", "C:\\photos\\cells"])
def test_a_path_of_no_folder_is_not_called_an_unknown_name(path):
    with pytest.raises(MissingFileError, match="cells does not exist"):
        datasets.find(path)


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_cifar_is_not_bundled(name):
    found = datasets.find(name)
    assert not found.bundled
    assert found.licence == "none stated"
    assert found.image_shape == (32, 32, 3)
    assert len(found.class_names) == int(name.removeprefix("cifar"))


def test_public_names_exist():
    assert datasets.__all__ == sorted(datasets.__all__)
    for name in datasets.__all__:
        assert getattr(datasets, name) is not None
    assert dir(datasets) == datasets.__all__


@pytest.mark.parametrize("name", ["imdb", "reuters", "boston_housing", "california_housing"])
def test_keras_data_sets_without_images_raise(name):
    with pytest.raises(
        UnknownAttributeError, match=f"has no '{name}': that data set contains text or"
    ):
        getattr(datasets, name)


def test_an_unknown_attribute_suggests_the_nearest():
    with pytest.raises(UnknownAttributeError, match=r"did you mean scallion.datasets.cifar10\?"):
        datasets.cifar11  # noqa: B018
