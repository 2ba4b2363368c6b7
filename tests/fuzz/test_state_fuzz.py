"""Damaged training states raise our own errors, or training continues from them."""

import io
import json
import random
import zipfile
from pathlib import Path

import pytest

from model_files import X, Y, network
from mutations import RawErrors, mutate_bytes, mutate_json, seeds
from scallion.callbacks import BackupAndRestore, Callback, EarlyStopping, ReduceLROnPlateau
from scallion.models import Model
from scallion.runs.folder import training_state
from stripe_runs import prepare_stripes, train_stripes
from stripes import save_stripes

FEW = 40


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Return a state with its bytes, its JSON or an array changed."""
    if rng.random() < 0.2:
        return mutate_bytes(data, rng)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = "state.json" if rng.random() < 0.7 else rng.choice(list(members))
    if name == "state.json":
        members[name] = json.dumps(mutate_json(json.loads(members[name]), rng)).encode()
    else:
        members[name] = mutate_bytes(members[name][:128], rng) + members[name][128:]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return file.getvalue()


@pytest.mark.filterwarnings("ignore")
def test_damaged_run_states_raise_errors_with_a_hint(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    data = save_stripes(tmp_path)
    run = train_stripes(data, epochs=1).run
    (state,) = run.last.glob("*.npz")
    model, content = prepare_stripes(data, epochs=1).model, state.read_bytes()
    errors = RawErrors()
    for seed, rng in enumerate(seeds(request, FEW)):
        state.write_bytes(damaged(content, rng))
        errors.try_reading(seed, "restore", lambda: training_state.restore(run.last, model))
    errors.require_none()


class _Stop(Callback):
    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        if batch == 1:
            raise KeyboardInterrupt


def fit(model: Model, folder: Path, *callbacks: Callback) -> None:
    backup = BackupAndRestore(folder, save_freq=1)
    own = [EarlyStopping(patience=9, monitor="loss"), ReduceLROnPlateau("loss")]
    model.fit(X, Y, epochs=2, batch_size=5, verbose=0, callbacks=[backup, *own, *callbacks])


@pytest.mark.filterwarnings("ignore")
def test_damaged_backups_raise_errors_with_a_hint(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    model, errors = network(), RawErrors()
    weights = model.get_weights()
    with pytest.raises(KeyboardInterrupt):
        fit(model, tmp_path, _Stop())
    content = (tmp_path / "training.state").read_bytes()
    for seed, rng in enumerate(seeds(request, FEW)):
        (tmp_path / "training.state").write_bytes(damaged(content, rng))
        model.set_weights(weights)
        errors.try_reading(seed, "fit", lambda: fit(model, tmp_path))
    errors.require_none()
