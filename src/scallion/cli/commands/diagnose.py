"""`scallion diagnose`: find out what went wrong in a training."""

import sys
from typing import Annotated

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Engine, Json, Run, Threads, configure, print_json
from scallion.cli.wrapping import wrap_text
from scallion.errors import UnknownNameError
from scallion.findings import SEVERITIES

FOUND = 1


@handle_errors
def diagnose(
    run: Run,
    labels: Annotated[
        bool,
        typer.Option(
            "--labels",
            help="Also look for wrong labels. This trains three networks and takes minutes.",
        ),
    ] = False,
    fail_on: Annotated[
        str,
        typer.Option(
            metavar="SEVERITY",
            help="Exit with 1 if a finding is at least this severe: info, warning or error.",
        ),
    ] = "error",
    threads: Threads = None,
    engine: Engine = "auto",
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Diagnose a training: what went wrong, and what to try.

    Uses the learning curves, the predictions for the validation images, the units of the network
    and the data. The test images are not used.

    \b
    Examples:
      scallion diagnose runs/fashion-mnist-1
      scallion diagnose runs/fashion-mnist-1 --labels
      scallion diagnose runs/fashion-mnist-1 --json --fail-on warning
    """
    from scallion import insight, report, runs  # slow to import

    if fail_on not in SEVERITIES:
        raise UnknownNameError("severity", fail_on, SEVERITIES)
    configure(threads, engine)
    saved = runs.open_run(run)
    findings = runs.diagnose_run(saved)
    if labels:
        findings = runs.add_label_findings(saved, findings)
    if json:
        print_json({"run": str(run), "findings": [finding.as_dict() for finding in findings]})
    else:
        typer.echo(wrap_text(report.format_findings(findings), sys.stdout, indent=4))
    if insight.at_least(findings, fail_on):
        raise typer.Exit(FOUND)
