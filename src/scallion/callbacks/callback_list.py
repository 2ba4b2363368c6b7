"""A list of callbacks, of which only those that override a hook are called."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from scallion.callbacks import state_file
from scallion.callbacks.callback import Callback
from scallion.callbacks.history import History
from scallion.callbacks.progress_bar import ProgbarLogger
from scallion.errors import ArgumentError, unknown_attribute

ReadLogs = Callable[[], dict[str, Any]]
Kind = TypeVar("Kind")

# The hooks around batches, and their older names, which the base class calls from them.
_BATCH_HOOKS = {
    "on_train_batch_begin": "on_batch_begin",
    "on_train_batch_end": "on_batch_end",
    "on_test_batch_begin": None,
    "on_test_batch_end": None,
    "on_predict_batch_begin": None,
    "on_predict_batch_end": None,
}
# Called with the TrainingLoop after the hooks of all callbacks; Keras does not have them.
_COMPLETE_HOOKS = ("on_batch_complete", "on_epoch_complete")


class CallbackList:
    """Callbacks in the order in which they were given, then History and ProgbarLogger.

    Averages of a batch cost time. They are passed as a function, which is called only if a callback
    overrides the hook or the progress bar is due.
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
        self.callbacks = _flatten(callbacks)
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
        self._complete_hooks = {hook: self._defining(hook) for hook in _COMPLETE_HOOKS}
        self._batch_hooks = {hook: self._overriding(hook) for hook in _BATCH_HOOKS}

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Return a hook such as `on_epoch_end`, for loops around `train_on_batch`."""
        if not name.startswith("on_") or not hasattr(Callback, name):
            raise unknown_attribute("CallbackList", name, dir(Callback))

        def call_all(*arguments: Any, **options: Any) -> None:
            for callback in self.callbacks:
                getattr(callback, name)(*arguments, **options)

        return call_all

    def _overriding(self, hook: str) -> list[Callable[..., None]]:
        return [
            getattr(callback, hook)
            for callback in self.callbacks
            if callback is not self.progress and _overrides(callback, hook)
        ]

    def _defining(self, hook: str) -> list[Callable[[Any], None]]:
        return [getattr(callback, hook) for callback in self.callbacks if hasattr(callback, hook)]

    def call(self, hook: str, *arguments: Any) -> None:
        """Call one of the hooks around `fit`, `evaluate`, `predict` and epochs."""
        for callback in self.callbacks:
            getattr(callback, hook)(*arguments)

    def batch_begin(self, hook: str, batch: int) -> None:
        """Call a hook before a batch, where it is overridden."""
        for function in self._batch_hooks[hook]:
            function(batch, logs={})

    def batch_end(self, hook: str, batch: int, read_logs: ReadLogs) -> None:
        """Call a hook after a batch where it is overridden, and update the progress bar."""
        functions = self._batch_hooks[hook]
        if functions:
            logs = read_logs()
            for function in functions:
                function(batch, logs=logs)
        if self.progress is not None:
            self.progress.update(hook, batch, read_logs)

    def complete(self, hook: str, loop: Any) -> None:
        """Call `on_batch_complete` or `on_epoch_complete`, after all other hooks."""
        for function in self._complete_hooks[hook]:
            function(loop)

    def get_state(self) -> list[list[Any]]:
        """Return the class name and the state of each callback."""
        return [[type(callback).__name__, _state(callback)] for callback in self.callbacks]

    def set_state(self, states: Iterable[Any]) -> None:
        """Restore the state of each callback; several of one class in their order."""
        remaining = list(states)
        for callback in self.callbacks:
            kind = type(callback).__name__
            found = next((entry for entry in remaining if entry[0] == kind), None)
            if found is not None:
                remaining = [entry for entry in remaining if entry is not found]
                restore_callback(callback, found[1])

    @contextmanager
    def newline_on_error(self) -> Iterator[None]:
        """End an unfinished progress bar's line if the block raises, before the traceback."""
        try:
            yield
        except BaseException:
            if self.progress is not None:
                self.progress.break_line()
            raise


def _flatten(callbacks: Any) -> list[Any]:
    if callbacks is None:
        return []
    if isinstance(callbacks, list | tuple):
        return [callback for group in callbacks for callback in _flatten(group)]
    if not hasattr(callbacks, "on_epoch_end") or isinstance(callbacks, type):
        raise ArgumentError(
            f"a callback must have the hooks of Callback. Received: {callbacks!r}",
            hint="callbacks=[scallion.callbacks.EarlyStopping(patience=3)]",
        )
    return [callbacks]


def restore_callback(callback: Callback, state: Any) -> None:
    """Give a callback the state that `get_state` returned. Raises FileError for a damaged one."""
    if not state:
        return
    kind = type(callback)
    if kind.__module__.startswith("scallion."):  # the states of others may have any form
        state_file.require_form(state, callback.get_state(), kind.__name__)
    with state_file.damage_errors(f"the saved state of {kind.__name__}"):
        callback.set_state(state)


def _state(callback: Any) -> Any:
    return callback.get_state() if hasattr(callback, "get_state") else None


def _first(callbacks: Iterable[Any], kind: type[Kind]) -> Kind | None:
    return next((callback for callback in callbacks if isinstance(callback, kind)), None)


def _overrides(callback: Any, hook: str) -> bool:
    older_name = _BATCH_HOOKS[hook]
    names = (hook,) if older_name is None else (hook, older_name)
    return any(
        getattr(getattr(callback, name, None), "__func__", None) is not getattr(Callback, name)
        for name in names
        if hasattr(callback, name)
    )
