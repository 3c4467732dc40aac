"""What a run of Weights & Biases is told of the gradients of a `fit`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from gradcheck.errors import GradcheckError
from gradcheck.findings import Finding


def tell_epoch(figures: Mapping[str, float]) -> None:
    """Add the figures of an epoch to the step that the run is at; whoever logs next completes it."""
    _run().log({f"gradcheck/{name}": figure for name, figure in figures.items()}, commit=False)


def tell_findings(findings: Sequence[Finding]) -> None:
    """Write what was found into the summary of the run."""
    said = {f"gradcheck/finding_{number}": _said(each) for number, each in enumerate(findings, 1)}
    _run().summary.update({"gradcheck/findings": len(findings), **said})


def check_run() -> None:
    """Raise a `GradcheckError` where no run is active that could be told."""
    _run()


def _run() -> Any:
    # Not imported: only a program that has called `wandb.init` has a run.
    run = getattr(sys.modules.get("wandb"), "run", None)
    if run is None:
        raise GradcheckError("GradientHealth(wandb=True): no run is active; call wandb.init() before fit")
    return run


def _said(finding: Finding) -> str:
    where = "" if finding.span is None else f"{finding.span.file}:{finding.span.line}: "
    return f"{where}{finding.cause}: {finding.message}"
