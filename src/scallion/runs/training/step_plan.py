"""How many updates a training makes, as it was planned at first and later."""

import re
from dataclasses import dataclass

from scallion.errors import ArgumentError

_TEXT = re.compile(r"[1-9]\d*(,[1-9]\d*:[1-9]\d*)*")


@dataclass(frozen=True, slots=True)
class StepPlan:
    """Updates in all, and what they were planned to be before: `6500,3164:7012` begins as if there
    were 6,500, and goes on as if there were 7,012 once 3,164 are done.

    `turns` are pairs (updates done, updates in all), the first at 0. The learning rate's schedule
    follows them, so two runs with the same turns have the same bits.
    """

    turns: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, asked: int | str) -> "StepPlan":
        """From a number, or the text that `str` gives. Raises ArgumentError."""
        text = str(asked).replace(" ", "")
        if isinstance(asked, bool) or not _TEXT.fullmatch(text):
            raise _refused(asked, "steps are a whole number of at least 1")
        first, *later = text.split(",")
        turns = [(0, int(first))]
        for turn in later:
            done, count = map(int, turn.split(":"))
            if not turns[-1][0] < done < min(count, turns[-1][1]):
                raise _refused(asked, f"{turn} is no turn: {done} steps must be in between")
            turns.append((done, count))
        return cls(tuple(turns))

    @property
    def count(self) -> int:
        """How many updates there are in all."""
        return self.turns[-1][1]

    def turned(self, done: int, count: int) -> "StepPlan":
        """The same until so many are done; from there on as if there were `count` in all."""
        if not done:
            return StepPlan(((0, count),))
        return StepPlan((*(turn for turn in self.turns if turn[0] < done), (done, count)))

    def planned(self, done: int) -> int:
        """How many there were planned to be in all when so many were done."""
        return next(count for begins, count in reversed(self.turns) if begins <= done)

    @property
    def asked(self) -> int | str:
        """What `of` takes: a number where there is no turn."""
        return self.count if len(self.turns) == 1 else str(self)

    def __str__(self) -> str:
        (_, first), *later = self.turns
        return ",".join([str(first), *(f"{done}:{count}" for done, count in later)])


def _refused(asked: object, what: str) -> ArgumentError:
    return ArgumentError(
        f"{what}. Received: steps={asked!r}",
        hint="steps=1000, or what the config.json of a run with --minutes says",
    )
