"""CallbackList: flattening, and the History that it uses."""

from callback_runs import X, Y, network
from scallion.callbacks import CallbackList, EarlyStopping, History


def test_a_given_history_is_used() -> None:
    own = History()
    model = network()
    assert model.fit(X, Y, callbacks=[own], verbose=0) is own
    assert model.history is own
    model.fit(X, Y, callbacks=[own], verbose=0)
    assert len(own.history["loss"]) == 2
    assert own.epoch == [0]


def test_lists_of_callbacks_may_be_nested() -> None:
    listeners = CallbackList([[EarlyStopping()], (History(),)], model=network(), add_history=True)
    assert [type(callback).__name__ for callback in listeners.callbacks] == [
        "EarlyStopping",
        "History",
    ]
