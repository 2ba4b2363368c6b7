"""Recipes of callbacks."""

from pathlib import Path
from typing import Any

from name_uses.steps import Recipes, make_instance, make_model, train


def _callback(library: Any, kind: Any) -> Any:
    return train(library, library.optimizers.SGD(0.1), [make_instance(kind)])


def _base_callback(library: Any, base: Any) -> Any:
    seen: list[Any] = []

    class Notes(base):
        def on_train_begin(self, logs: Any = None) -> None:
            seen.append(sorted(self.params))

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            seen.append([batch, sorted(logs)])

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seen.append([epoch, sorted(logs)])
            self.model.stop_training = epoch == 1

    history, _ = train(library, "sgd", [Notes()])
    return [seen, len(history["loss"])]


def _callback_list(library: Any, kind: Any) -> Any:
    seen: list[Any] = []
    one = library.callbacks.LambdaCallback(on_epoch_end=lambda epoch, _: seen.append(epoch))
    callbacks = kind([one], model=make_model(library))
    callbacks.on_epoch_end(3, {})
    return seen


def _csv_logger(library: Any, kind: Any) -> Any:
    train(library, library.optimizers.SGD(0.1), [kind("log.csv")])
    rows = [line.split(",") for line in Path("log.csv").read_text(encoding="utf-8").splitlines()]
    return [rows[0], [[float(one) for one in row] for row in rows[1:]]]


def _backup(library: Any, kind: Any) -> Any:
    return train(library, library.optimizers.SGD(0.1), [kind("backup")])


def _early_stopping(library: Any, kind: Any) -> Any:
    stop = kind("loss", min_delta=10, patience=1, restore_best_weights=True)
    return [*train(library, library.optimizers.SGD(0.1), [stop], 6), stop.stopped_epoch]


def _lambda_callback(library: Any, kind: Any) -> Any:
    seen: list[Any] = []
    train(library, "sgd", [kind(on_epoch_begin=lambda epoch, _: seen.append(epoch))])
    return seen


def _rate_scheduler(library: Any, kind: Any) -> Any:
    halve = kind(lambda _, rate: rate * 0.5)
    return train(library, library.optimizers.SGD(0.1), [halve])


def _checkpoint(library: Any, kind: Any) -> Any:
    options = {"save_weights_only": True}
    train(library, library.optimizers.SGD(0.1), [kind("{epoch}.weights.h5", **options)])
    model = make_model(library)
    model.load_weights("3.weights.h5")
    return [sorted(one.name for one in Path().iterdir()), model.get_weights()]


def _plateau(library: Any, kind: Any) -> Any:
    reduce = kind("loss", factor=0.1, patience=1, min_delta=10, min_lr=1e-4)
    return train(library, library.optimizers.SGD(0.1), [reduce], 5)


RECIPES: Recipes = {
    "callbacks": _callback,
}


SPECIAL: Recipes = {
    "callbacks.BackupAndRestore": _backup,
    "callbacks.CSVLogger": _csv_logger,
    "callbacks.Callback": _base_callback,
    "callbacks.CallbackList": _callback_list,
    "callbacks.EarlyStopping": _early_stopping,
    "callbacks.LambdaCallback": _lambda_callback,
    "callbacks.LearningRateScheduler": _rate_scheduler,
    "callbacks.ModelCheckpoint": _checkpoint,
    "callbacks.ReduceLROnPlateau": _plateau,
    "callbacks.SwapEMAWeights": lambda library, kind: train(
        library, library.optimizers.SGD(0.1, use_ema=True), [kind()]
    ),
    "callbacks.RemoteMonitor": lambda _, kind: kind().root,
}
