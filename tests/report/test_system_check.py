"""What `scallion doctor` finds."""

from pathlib import Path

import pytest

from scallion.engine import native
from scallion.report.system_check import check_system, find, format_system_check


def test_the_bundled_sets_are_in_the_package() -> None:
    assert [find(name).where for name in ("fashion-mnist", "mnist")] == ["bundled", "bundled"]


def test_a_set_that_nobody_has_fetched_is_nowhere() -> None:
    assert (find("cifar10").where, find("cifar10").path) == (None, None)


@pytest.mark.parametrize(
    ("place", "where"),
    [
        (".cache/scallion/datasets/cifar-10-python.tar.gz", "cache"),
        (".keras/datasets/cifar-10-batches-py-target_archive", "keras"),
        (".keras/datasets/cifar-10-batches-py.tar.gz", "keras"),
    ],
)
def test_a_set_is_found_where_scallion_or_keras_has_put_it(place: str, where: str) -> None:
    path = Path.home() / place
    path.parent.mkdir(parents=True)
    path.touch()
    assert (find("cifar10").where, find("cifar10").path) == (where, path)


def test_without_a_compiled_engine_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "is_available", lambda: False)
    checkup = check_system()
    assert checkup.gflops is None
    told = format_system_check(checkup)
    assert "reference engine runs" in told
    assert "install g++ or clang++" in told


def test_with_a_compiled_engine_its_speed_is_measured() -> None:
    if not native.is_available():
        pytest.skip("there is no compiled engine here")
    checkup = check_system()
    assert checkup.gflops > 0.1
    assert checkup.environment.instruction_set in format_system_check(checkup)
    assert checkup.hints == ()


def test_asking_for_the_reference_engine_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    if not native.is_available():
        pytest.skip("there is no compiled engine here")
    monkeypatch.setenv("SCALLION_ENGINE", "reference")
    checkup = check_system()
    assert (checkup.environment.engine, checkup.gflops, checkup.hints) == ("reference", None, ())
