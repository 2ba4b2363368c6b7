"""The number of training steps of a run, with all changes of it during training."""

import re
from dataclasses import dataclass

from scallion.errors import ArgumentError

_TEXT = re.compile(r"[1-9]\d*(,[1-9]\d*:[1-9]\d*)*")


@dataclass(frozen=True, slots=True)
class StepPlan:
    """The planned number of steps, and how it changed while the run trained.

    `revisions` are pairs (steps done, steps in total), the first at 0 steps. `6500,3164:7012`
    starts with a plan of 6,500 steps, and after 3,164 of them changes it to 7,012. The
    learning-rate schedule follows the plan, so two runs with the same revisions have the same bits.
    """

    revisions: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, steps: int | str) -> "StepPlan":
        """Return the plan of a number of steps, or of the text that `str` gives.

        Raises ArgumentError.
        """
        text = str(steps).replace(" ", "")
        if isinstance(steps, bool) or not _TEXT.fullmatch(text):
            raise _invalid(steps, "steps are an integer of at least 1")
        first, *later = text.split(",")
        revisions = [(0, int(first))]
        for revision in later:
            done, count = map(int, revision.split(":"))
            if not revisions[-1][0] < done < min(count, revisions[-1][1]):
                raise _invalid(steps, f"{revision} is invalid: {done} steps are not in between")
            revisions.append((done, count))
        return cls(tuple(revisions))

    @property
    def count(self) -> int:
        """The number of steps in total."""
        return self.revisions[-1][1]

    def revise(self, done: int, count: int) -> "StepPlan":
        """Return the plan with `count` steps in total from the moment when `done` are done."""
        if not done:
            return StepPlan(((0, count),))
        return StepPlan((*(kept for kept in self.revisions if kept[0] < done), (done, count)))

    def planned_at(self, done: int) -> int:
        """Return the number of steps that were planned when `done` of them were done."""
        return next(count for begins, count in reversed(self.revisions) if begins <= done)

    @property
    def text(self) -> int | str:
        """The plan as `of` takes it: a number if it never changed."""
        return self.count if len(self.revisions) == 1 else str(self)

    def __str__(self) -> str:
        (_, first), *later = self.revisions
        return ",".join([str(first), *(f"{done}:{count}" for done, count in later)])


def _invalid(steps: object, why: str) -> ArgumentError:
    return ArgumentError(
        f"{why}. Received: steps={steps!r}",
        hint="steps=1000, or the steps in config.json of a run with --minutes",
    )
