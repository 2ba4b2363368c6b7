"""The list of runs in a folder."""

from pathlib import Path

import pytest

from scallion.errors import MissingFileError, StateError
from scallion.runs import RunFolder, Settings, create_run_folder, list_runs, prepare, remove_run
from scallion.runs.folder import lock
from stripe_runs import train_stripes


def test_runs_are_sorted_and_filtered(shared_stripes: Path) -> None:
    short = train_stripes(shared_stripes, out=shared_stripes.parent / "listed", epochs=1).run
    begun = create_run_folder(
        prepare(Settings(str(shared_stripes), "quick", out=shared_stripes.parent / "listed"))
    )
    home = short.path.parent
    runs = {Path(run.run).name: run for run in list_runs(home)}
    assert runs["stripes-1"].status == "finished"
    assert (runs["stripes-1"].epochs, runs["stripes-1"].test_evaluations) == (1, 1)
    assert runs["stripes-2"].status == "crashed"
    assert [run.run for run in list_runs(home, status="crashed")] == [str(begun.path)]
    assert list_runs(home, sort="accuracy")[0].run == str(short.path)
    assert list_runs(home, model="lesson") == []
    with lock.training_lock(begun):
        assert list_runs(home, status="running")[0].run == str(begun.path)
        with pytest.raises(StateError, match="is being trained"):
            remove_run(begun.path)
    begun.config.write_text("{")
    assert list_runs(home, status="unreadable")[0].run == str(begun.path)


def test_only_a_run_is_removed(tmp_path: Path) -> None:
    runs = [RunFolder.create(tmp_path, "mnist", {"config.json": {}}) for _ in range(2)]
    remove_run(runs[0].path)
    assert [path.name for path in tmp_path.iterdir()] == ["mnist-2"]
    (tmp_path / "mine").mkdir()
    with pytest.raises(MissingFileError, match="is not a run folder"):
        remove_run(tmp_path / "mine")
