"""Several callbacks called as one, and only those that listen."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from scallion.callbacks.callback import Callback
from scallion.callbacks.history import History
from scallion.callbacks.progress_bar import ProgbarLogger
from scallion.errors import ArgumentError

ReadLogs = Callable[[], dict[str, Any]]
Kind = TypeVar("Kind")

# A hook of batches, and its older name, which the base class calls from it.
_BATCH_HOOKS = {
    "on_train_batch_begin": "on_batch_begin",
    "on_train_batch_end": "on_batch_end",
    "on_test_batch_begin": None,
    "on_test_batch_end": None,
    "on_predict_batch_begin": None,
    "on_predict_batch_end": None,
}
# Called with the Training once all callbacks have heard of the step or epoch; not Keras'.
_COMPLETE_HOOKS = ("on_batch_complete", "on_epoch_complete")


class CallbackList:
    """Callbacks in the order in which they were given; History and the progress line come last.

    The means of a batch cost time, so they are handed on as a function, which is called only
    where a callback overrides the hook or the progress line is due.
    """

    def __init__(
        self,
        callbacks: Any = None,
        *,
        model: Any,
        add_history: bool = False,
        verbose: int | str = 0,
        epochs: int = 1,
        steps: int | None = 1,
    ) -> None:
        self.callbacks = _flat(callbacks)
        self.progress = _first(self.callbacks, ProgbarLogger)
        self.history = _first(self.callbacks, History)
        if self.history is None and add_history:
            self.history = History()
            self.callbacks.append(self.history)
        if self.progress is None and verbose != 0:
            self.progress = ProgbarLogger()
            self.callbacks.append(self.progress)
        params = {"verbose": verbose, "epochs": epochs, "steps": steps}
        for callback in self.callbacks:
            callback.set_model(model)
            callback.set_params(params)
        if self.history is not None:
            model.history = self.history
        self._complete = {hook: self._having(hook) for hook in _COMPLETE_HOOKS}
        self._listeners = {hook: self._find_listeners(hook) for hook in _BATCH_HOOKS}

    def _find_listeners(self, hook: str) -> list[Callable[..., None]]:
        return [
            getattr(callback, hook)
            for callback in self.callbacks
            if callback is not self.progress and _listens(callback, hook)
        ]

    def _having(self, hook: str) -> list[Callable[[Any], None]]:
        return [getattr(callback, hook) for callback in self.callbacks if hasattr(callback, hook)]

    def call(self, hook: str, *arguments: Any) -> None:
        """Call one of the hooks around runs and epochs, whose means are cheap."""
        for callback in self.callbacks:
            getattr(callback, hook)(*arguments)

    def batch_begin(self, hook: str, batch: int) -> None:
        """Call `hook` before a batch, for those that override it."""
        for listener in self._listeners[hook]:
            listener(batch, logs={})

    def batch_end(self, hook: str, batch: int, read_logs: ReadLogs) -> None:
        """Call `hook` after a batch, for those that override it, and move the progress line."""
        listeners = self._listeners[hook]
        if listeners:
            logs = read_logs()
            for listener in listeners:
                listener(batch, logs=logs)
        if self.progress is not None:
            self.progress.move(hook, batch, read_logs)

    def complete(self, hook: str, training: Any) -> None:
        """Call `on_batch_complete` or `on_epoch_complete`: all else is done, the state is whole."""
        for listener in self._complete[hook]:
            listener(training)

    def get_state(self) -> list[list[Any]]:
        """Each callback's kind and state."""
        return [[type(callback).__name__, _state(callback)] for callback in self.callbacks]

    def set_state(self, states: Iterable[Any]) -> None:
        """Give each callback the state that one of its kind had, the first to the first."""
        waiting = list(states)
        for callback in self.callbacks:
            kind = type(callback).__name__
            found = next((entry for entry in waiting if entry[0] == kind), None)
            if found is not None:
                waiting = [entry for entry in waiting if entry is not found]
                if found[1]:
                    callback.set_state(found[1])

    @contextmanager
    def newline_on_error(self) -> Iterator[None]:
        """End an unfinished progress line where the block raises, so that a traceback follows."""
        try:
            yield
        except BaseException:
            if self.progress is not None:
                self.progress.break_line()
            raise


def _flat(callbacks: Any) -> list[Any]:
    if callbacks is None:
        return []
    if isinstance(callbacks, list | tuple):
        return [callback for group in callbacks for callback in _flat(group)]
    if not hasattr(callbacks, "on_epoch_end") or isinstance(callbacks, type):
        raise ArgumentError(
            f"a callback is an object with Callback's hooks. Received: {callbacks!r}",
            hint="callbacks=[scallion.callbacks.EarlyStopping(patience=3)]",
        )
    return [callbacks]


def _state(callback: Any) -> Any:
    return callback.get_state() if hasattr(callback, "get_state") else None


def _first(callbacks: Iterable[Any], kind: type[Kind]) -> Kind | None:
    return next((callback for callback in callbacks if isinstance(callback, kind)), None)


def _listens(callback: Any, hook: str) -> bool:
    older = _BATCH_HOOKS[hook]
    names = (hook,) if older is None else (hook, older)
    return any(
        getattr(getattr(callback, name, None), "__func__", None) is not getattr(Callback, name)
        for name in names
        if hasattr(callback, name)
    )
