"""Locations of named data sets on this machine."""

from pathlib import Path

import pytest

from scallion.datasets.dataset_location import is_available, locate_dataset


def test_bundled_data_sets_are_in_the_package() -> None:
    assert [locate_dataset(name).place for name in ("fashion-mnist", "mnist")] == [
        "bundled",
        "bundled",
    ]


def test_a_data_set_that_was_never_downloaded_has_no_place() -> None:
    assert (locate_dataset("cifar10").place, locate_dataset("cifar10").path) == (None, None)


@pytest.mark.parametrize(
    ("file", "place"),
    [
        (".cache/scallion/datasets/cifar-10-python.tar.gz", "cache"),
        (".keras/datasets/cifar-10-batches-py-target_archive", "keras"),
        (".keras/datasets/cifar-10-batches-py.tar.gz", "keras"),
    ],
)
def test_archives_of_scallion_and_keras_are_found(
    file: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SCALLION_CACHE")
    monkeypatch.delenv("KERAS_HOME")
    path = Path.home() / file
    path.parent.mkdir(parents=True)
    path.touch()
    assert (locate_dataset("cifar10").place, locate_dataset("cifar10").path) == (place, path)


def test_a_file_is_available_where_it_exists(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    assert not is_available(str(path))
    path.touch()
    assert is_available(str(path))
    assert is_available("mnist")
    assert not is_available("cifar100")
