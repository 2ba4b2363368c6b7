"""The bodies of requests: every field has a type and limits, and unknown ones are refused."""

from typing import Annotated, Any, Literal, TypeVar

import msgspec

from scallion.errors import ArgumentError

Text = Annotated[str, msgspec.Meta(max_length=200)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
Minutes = Annotated[float, msgspec.Meta(gt=0, le=60 * 24 * 7)]
Rate = Annotated[float, msgspec.Meta(gt=0, le=1000)]

_EXAMPLE = 'send one JSON object, such as {"data": "set-mnist"}'


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a request."""


class TokenBody(Body, frozen=True, kw_only=True):
    """The token of the printed address."""

    token: Text


class NotesBody(Body, frozen=True, kw_only=True):
    """The notes of a run."""

    text: str


class ExportBody(Body, frozen=True, kw_only=True):
    """The format of an export."""

    format: Literal["html", "onnx", "keras"]


class CompareBody(Body, frozen=True, kw_only=True):
    """The ids of runs to compare."""

    runs: Annotated[list[Text], msgspec.Meta(min_length=2, max_length=6)]


class TrainRequest(Body, frozen=True, kw_only=True):
    """A training: the id of its data, and the settings that the page offers."""

    data: Text
    model: Text = "auto"
    minutes: Minutes | None = None
    epochs: Annotated[int, msgspec.Meta(ge=0, le=100_000)] | None = None
    batch_size: Count | None = None
    learning_rate: Rate | None = None
    limit: Count | None = None
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)] = 42
    patience: Annotated[int, msgspec.Meta(ge=0, le=100_000)] | None = None
    size: Text | None = None
    fit: Literal["crop", "pad", "stretch"] | None = None
    augment: Literal["own", "none", "light", "strong"] = "own"
    balance: bool = False

    def settings(self) -> dict[str, Any]:
        """Return the settings of the run, but its data."""
        values = msgspec.structs.asdict(self)
        del values["data"], values["minutes"]
        if self.minutes is not None and self.epochs is not None:
            raise ArgumentError(
                "minutes decides how long to train. Received: epochs, too",
                hint="leave out minutes, or epochs",
                field="epochs",
            )
        return values


T = TypeVar("T", bound=Body)


def parse_body(body: bytes, kind: type[T]) -> T:
    """Return the body of a request. Raises ArgumentError, which says what is wrong where."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ArgumentError(f"the request cannot be read: {error}", hint=_EXAMPLE) from error
