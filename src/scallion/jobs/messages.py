"""Messages between an executor and its worker processes: one JSON object per line, no pickle."""

from typing import Any

import msgspec

from scallion import errors
from scallion.errors import JobError, ScallionError
from scallion.runs import RunOptions
from scallion.runs.events import AnyEvent


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="message"):
    """A message; `message` is its kind."""

    def to_line(self) -> bytes:
        """Return the message as a line of JSON."""
        return msgspec.json.encode(self) + b"\n"


class RunRequest(Message, tag="run", frozen=True, kw_only=True):
    """Train a new run with these settings, or resume the run in the folder `resume`."""

    settings: dict[str, Any] | None = None
    resume: str | None = None
    minutes: float | None = None
    evaluate_test: bool = True
    diagnose: bool = True
    forecast: bool = True
    accuracy_floor: list[float | None] = []

    @property
    def options(self) -> RunOptions:
        """The options of the run."""
        return RunOptions(
            evaluate_test=self.evaluate_test,
            diagnose=self.diagnose,
            forecast=self.forecast,
            accuracy_floor=self.accuracy_floor,
        )


class CancelRequest(Message, tag="cancel", frozen=True, kw_only=True):
    """Stop the run that was requested last."""


class EventReply(Message, tag="event", frozen=True, kw_only=True):
    """An event of the run."""

    event: AnyEvent


class ResultReply(Message, tag="result", frozen=True, kw_only=True):
    """The run has ended, and its folder holds the result."""

    run: str


class ErrorReply(Message, tag="error", frozen=True, kw_only=True):
    """The run has no result; `kind` names the class of the error."""

    kind: str
    text: str
    hint: str | None = None
    layer: str | None = None
    field: str | None = None

    @classmethod
    def of(cls, error: Exception) -> "ErrorReply":
        """Return the reply for an error of the run."""
        if not isinstance(error, ScallionError):
            return cls(kind="JobError", text=f"the run failed: {error!r}")
        return cls(
            kind=type(error).__name__,
            text=error.message,
            hint=error.hint,
            layer=error.layer,
            field=error.field,
        )

    def as_error(self) -> ScallionError:
        """Return the error, of the same class."""
        kind = getattr(errors, self.kind, JobError)
        return errors.rebuild(kind, self.text, self.hint, self.layer, self.field, None)


request_decoder = msgspec.json.Decoder(RunRequest | CancelRequest)
reply_decoder = msgspec.json.Decoder(EventReply | ResultReply | ErrorReply)
