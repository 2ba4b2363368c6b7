"""Messages between an executor and its worker processes."""

import pytest

from scallion.errors import JobError, ShapeError, UnknownNameError
from scallion.jobs.messages import (
    CancelRequest,
    ErrorReply,
    EventReply,
    RunRequest,
    reply_decoder,
    request_decoder,
)
from scallion.runs import Settings
from scallion.runs.events import EvaluateEvent


def test_messages_are_one_line_each() -> None:
    request = RunRequest(settings=Settings("a\nb").as_dict(), accuracy_floor=[None, 0.5])
    line = request.to_line()
    assert line.count(b"\n") == 1
    assert request_decoder.decode(line) == request
    assert request_decoder.decode(line).options.accuracy_floor == [None, 0.5]
    assert isinstance(request_decoder.decode(CancelRequest().to_line()), CancelRequest)


def test_events_are_sent_as_they_are() -> None:
    event = EvaluateEvent(split="test")
    assert reply_decoder.decode(EventReply(event=event).to_line()).event == event


@pytest.mark.parametrize(
    "error",
    [
        UnknownNameError("model", "lessen", ["lesson", "quick"]),
        ShapeError("does not fit", hint="padding", layer="conv2d", field="strides"),
    ],
)
def test_errors_keep_class_message_and_hint(error: Exception) -> None:
    again = reply_decoder.decode(ErrorReply.of(error).to_line()).as_error()
    assert type(again) is type(error)
    assert (str(again), again.layer, again.field) == (str(error), error.layer, error.field)


def test_other_errors_become_job_errors() -> None:
    again = ErrorReply.of(ZeroDivisionError("division by zero")).as_error()
    assert type(again) is JobError
    assert "ZeroDivisionError('division by zero')" in str(again)
