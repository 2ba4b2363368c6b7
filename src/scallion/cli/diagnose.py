"""`scallion diagnose`: what went wrong in a training, and what to try."""

import sys
from typing import Annotated

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Json, Run, Threads, print_json
from scallion.cli.wrapping import wrap_text

FOUND = 1


@handle_errors
def diagnose(
    run: Run,
    labels: Annotated[
        bool,
        typer.Option(
            "--labels", help="Look for wrong labels, too: trains three networks; minutes."
        ),
    ] = False,
    fail_on: Annotated[
        str,
        typer.Option(
            metavar="SEVERITY", help="End with 1 on such a finding: info, warning, error."
        ),
    ] = "error",
    threads: Threads = None,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Say what went wrong in a training, with the evidence, and what to try.

    Looks at the curves, at the answers on the validation images, at the units of the network and
    at the data. The test images are not looked at.

    \b
    Examples:
      scallion diagnose runs/fashion-mnist-1
      scallion diagnose runs/fashion-mnist-1 --labels
      scallion diagnose runs/fashion-mnist-1 --json --fail-on warning
    """
    from scallion import insight, report, runs, session
    from scallion.errors import UnknownNameError
    from scallion.findings import SEVERITIES

    if fail_on not in SEVERITIES:
        raise UnknownNameError("severity", fail_on, SEVERITIES)
    session.set_threads(threads)
    opened = runs.open_run(run)
    findings = runs.diagnose_run(opened)
    if labels:
        findings = runs.add_label_findings(opened, findings)
    if json:
        print_json({"run": str(run), "findings": [finding.as_dict() for finding in findings]})
    else:
        typer.echo(wrap_text(report.format_findings(findings), sys.stdout, indent=4))
    if insight.at_least(findings, fail_on):
        raise typer.Exit(FOUND)
