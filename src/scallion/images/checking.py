"""The folder doctor: what a data set has that would make a result worthless, said in words.

It reads what `load` has decoded, and never touches the pictures.
"""

from collections.abc import Callable

from scallion.findings import Finding, worst_first
from scallion.images.alikes import alike_findings
from scallion.images.classes import class_findings
from scallion.images.examined import Examined
from scallion.images.loading import ImageSet
from scallion.images.oddities import oddity_findings
from scallion.images.shortcuts import shortcut_findings

BRIEF = 20_000  # pictures above which the brief check leaves out what takes longest


def check(images: ImageSet, *, brief: bool = False) -> list[Finding]:
    """All findings about a data set, the worst first; empty where there is nothing to say.

    A `brief` check of a large set looks for exact copies only, not for pictures that look alike.
    """
    seen = Examined.of(images)
    near = not brief or len(seen) <= BRIEF
    checks: tuple[Callable[[Examined], list[Finding]], ...] = (
        lambda seen: alike_findings(seen, near=near),
        class_findings,
        oddity_findings,
        shortcut_findings,
    )
    found = images.notes()
    for one in checks:
        found.extend(one(seen))
    return worst_first(found)
