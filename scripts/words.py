#!/usr/bin/env python3
"""Refuse words of the project's former private language, and name the standard term.

Only patterns that are plainly the private meaning are listed, since many of these words also have
innocent uses. `scripts/check` runs this over every tracked file.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

COUNTED = "image|epoch|number|array|step|value|row|column|folder|line|unit|bit|byte|float"
UNIT = "class|epoch|step|image|layer|channel|pixel|output|update|input|batch|second|thread|filter"
# Pattern -> the standard term. Patterns ignore case.
PATTERNS = {
    r"(?<!negative_)(?<!negative-)\bslopes\b": "gradients; derivatives",
    r"\b(the|a|its|whose|incoming|no) slope\b(?! of (a|the) line)": "gradient; derivative",
    r"(?<!-)\bpictures?\b": "image for data; plot, chart or figure for drawings",
    r"\bnumbers that are no numbers\b|\bno longer a number\b": "non-finite values (NaN, Inf)",
    r"\bis no number\b|\bwithout numbers\b": "non-finite values (NaN, Inf)",
    r"\bby heart\b": "memorised",
    r"\brivals?\b": "baseline",
    r"\btally\b": "running averages; metric state",
    r"\bpassed over\b": "skipped",
    r"\btaken for\b": "predicted as",
    r"\b(named|names) rightly\b|\bright among the first\b": "correct; top-3 accuracy",
    r"\bmeeting points?\b|\bthreads meet\b": "barrier; synchronise",
    r"\bsilen(t|ce|ces) units?\b": "dead units; inactive units",
    r"\blists of (slopes|gradients)\b": "sparse gradients",
    r"\bdown to nothing\b|\bhalf a wave\b": "cosine decay to zero",
    r"\bto the same bits\b": "bit-identical",
    r"\blooked at (once|twice|\d+ times)\b|\blooks at the test\b": "test-set evaluations",
    r"\bis no (TOML|JSON|regular|file|number|picture|image|folder)\b": "is not a ...",
    r"\bheld? against each other\b": "compare",
    rf"\b({COUNTED})s? an? ({UNIT})\b": "per",
    r"\bone an output\b|\bone a class\b": "one per output",
    r"\b(Bending|Tilting|LearningSlope|Softening|Scattering|DroppingLow|Enlarging|Joining)\b": (
        "the name of the Keras layer, with Spec"
    ),
}
SKIPPED = ("scripts/words.py", "package-lock.json", "LICENSE", "NOTICE")
ENDS = (".py", ".md", ".cpp", ".hpp", ".h", ".toml", ".txt", ".sh", ".yml", ".c")
# The lesson's own words and other authors' texts.
QUOTED = re.compile(r"LICENSE|/data/|keras_summaries|expectations")


def main() -> int:
    """Print each finding as `file:line: word -> standard term`; return 1 if there is one."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    paths = listed or [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file()]
    patterns = [(re.compile(pattern, re.IGNORECASE), term) for pattern, term in PATTERNS.items()]
    found = 0
    for path in paths:
        if path in SKIPPED or not path.endswith(ENDS) or QUOTED.search(path):
            continue
        if set(Path(path).parts) & {".venv", "node_modules", "build"}:
            continue
        for number, line in enumerate((ROOT / path).read_text("utf-8").splitlines(), 1):
            if path == "CHANGELOG.md" and line.startswith("|"):
                continue  # the table of old and new names
            for pattern, term in patterns:
                if match := pattern.search(line):
                    print(f"{path}:{number}: {match[0]!r}: say {term}")
                    found += 1
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
