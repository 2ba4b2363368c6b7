"""LambdaCallback: functions as hooks."""

from typing import Any

import pytest

from callback_runs import X, Y, network
from scallion.callbacks import LambdaCallback
from scallion.errors import ArgumentError


def test_functions_are_called_as_hooks() -> None:
    seen: list[Any] = []
    callback = LambdaCallback(
        on_train_begin=lambda _: seen.append("train"),
        on_epoch_begin=lambda epoch, _: seen.append(epoch),
        on_train_batch_end=lambda batch, logs: seen.append((batch, *logs)),
        on_test_end=lambda _: seen.append("tested"),
    )
    network().fit(X, Y, batch_size=10, validation_split=0.4, callbacks=[callback], verbose=0)
    batches = [(0, "accuracy", "loss"), (1, "accuracy", "loss")]
    assert seen == ["train", 0, *batches, "tested"]
    with pytest.raises(ArgumentError, match=r"there is no such hook\. Received: on_epoch_finish"):
        LambdaCallback(on_epoch_finish=print)
