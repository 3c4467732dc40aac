"""What is said of numbers that are made of all samples and combined with samples again."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck.findings import Finding
from gradcheck.program.gradient_health import TrainingSeen


def batch_figures(seen: TrainingSeen) -> Iterator[Finding]:
    """Yield, as a hint, the numbers made of all samples and combined with samples again, as statistics may be."""
    met = {figure.span: figure for place in seen.places for figure in place.figures}
    for figure in met.values():
        yield Finding(
            cause="axis",
            message=(
                "a single number is computed from all samples and combined with samples again at "
                f"{figure.meets.place}"
            ),
            span=figure.span,
            severity="note",
            notes=(
                f"reduced over all axes of {figure.shape}; then combined with samples to {figure.meets_shape}, "
                f"by `{figure.meets.text}`",
                "if each sample should have its own, such as a log-probability or a ratio, reduce only over the "
                "other axes (axis=…)",
                "if a statistic of the batch is intended, say so in a comment on this line: `# gradcheck: ok - ` "
                "and the reason",
            ),
        )
