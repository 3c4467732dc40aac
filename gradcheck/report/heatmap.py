"""The gradients of a variable as images side by side: reference, candidate and difference."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.arrays import Array
from gradcheck.comparison.report import VariableReport
from gradcheck.judgement.downsampled import Downsampled
from gradcheck.report.html_markup import tag, text
from gradcheck.report.png import Colour, png
from gradcheck.report.wording import dimensions, norm

_NEGATIVE, _POSITIVE, _BROKEN = (33, 102, 217), (214, 73, 36), (181, 23, 158)
_MIDDLE = 127
_NOT_FINITE = 2 * _MIDDLE + 1


def _palette() -> list[Colour]:
    """Return colours from the least to the largest value, zero being transparent, and one for no number."""
    levels = range(-_MIDDLE, _MIDDLE + 1)
    colours = [(_NEGATIVE if level < 0 else _POSITIVE, (abs(level) / _MIDDLE) ** 0.7) for level in levels]
    return [*((*colour, round(255 * opacity)) for colour, opacity in colours), (*_BROKEN, 255)]


def pictures(variable: VariableReport, names: Sequence[str] = ("reference", "candidate")) -> str:
    """Return the gradients of `variable` for people to look at; "" where there is nothing to see.

    Parameters
    ----------
    names
        What the two sides are called.
    """
    seen = variable.gradients
    if seen is None:
        return ""
    panels = _panels(variable, seen, names)
    scale = max((panel.largest for panel in panels), default=0.0)
    if not scale and all(panel.finite for panel in panels):
        return tag("p", text(_nothing(variable, names)), class_="dim small")
    if seen.rows * seen.columns == 1:
        return tag("ul", *(_value(panel) for panel in panels), class_="values")
    drawn = tag("div", *(_figure(panel, seen, scale) for panel in panels), class_="pictures")
    return (
        drawn
        + (_legend(panels, scale) if scale else "")
        + tag("p", text(_about(variable, seen)), class_="dim small")
    )


def _nothing(variable: VariableReport, names: Sequence[str]) -> str:
    """Say that both gradients are zero, or None."""
    reference, candidate = (norm(state, 0.0) for state in variable.states)
    if reference == candidate:
        return f"{reference} on both sides."
    return f"{names[0].capitalize()} {reference}, {names[1]} {candidate}."


@dataclass(frozen=True)
class _Panel:
    """One of the pictures; `cells` is None, and `instead` says why, where there is nothing to draw."""

    name: str
    path: str
    cells: Array | None
    instead: str = ""

    @property
    def largest(self) -> float:
        """The largest finite magnitude."""
        if self.cells is None:
            return 0.0
        sizes = np.abs(self.cells)
        return float(sizes.max(initial=0.0, where=np.isfinite(sizes)))

    @property
    def finite(self) -> bool:
        """Whether all there is to draw is finite."""
        return self.cells is None or bool(np.isfinite(self.cells).all())

    @property
    def range(self) -> str:
        """The least and the largest finite value, in words."""
        if self.cells is None:
            return self.instead
        values = self.cells[np.isfinite(self.cells)]
        if not values.size:
            return "nowhere finite"
        if not values.any():
            return "0 exactly" if self.finite else "0 where finite"
        least, most = f"{values.min():.3g}", f"{values.max():.3g}"
        words = f"{least} everywhere" if least == most else f"{least} to {most}"
        return words if self.finite else f"{words} where finite"


def _panels(variable: VariableReport, seen: Downsampled, names: Sequence[str]) -> list[_Panel]:
    sides = [
        _Panel(name, variable.path, cells, norm(state, None) if cells is None else "")
        for name, cells, state in zip(names, (seen.reference, seen.candidate), variable.states, strict=True)
    ]
    with np.errstate(invalid="ignore", over="ignore"):  # inf - inf
        reference, candidate = (0.0 if panel.cells is None else panel.cells for panel in sides)
        return [*sides, _Panel("difference", variable.path, np.asarray(candidate - reference))]


def _value(panel: _Panel) -> str:
    value = panel.instead if panel.cells is None else f"{panel.cells.item():.4g}"
    return tag("li", tag("span", text(panel.name), class_="dim"), f" {text(value)}")


def _figure(panel: _Panel, seen: Downsampled, scale: float) -> str:
    width, height = _size(seen)
    style = f"max-width:{width}px;aspect-ratio:{width}/{height}"
    if panel.cells is None:
        drawn = tag("div", text(panel.instead), class_="blank", style=style)
    else:
        what = f"{panel.name}: gradient for {panel.path}, {seen.rows} by {seen.columns}, {panel.range}"
        drawn = tag("img", src=_data(_levels(panel.cells, scale)), alt=what, style=style)
    caption = tag("figcaption", text(panel.name), " ", tag("span", text(panel.range), class_="dim"))
    return tag("figure", drawn, caption)


_WIDTH, _LARGEST_CELL, _LEAST = 256, 48, 24


def _size(seen: Downsampled) -> tuple[int, int]:
    """Return the width and height of a picture: cells that can be seen, and three pictures in a row."""
    rows, columns = (
        -(-length // step) for length, step in zip((seen.rows, seen.columns), seen.step, strict=True)
    )
    cell = min(max(_WIDTH // max(rows, columns), 4), _LARGEST_CELL)
    return max(columns * cell, _LEAST), max(rows * cell, _LEAST)


def _levels(cells: Array, scale: float) -> Array:
    finite = np.isfinite(cells)
    shares = np.where(finite, cells, 0.0).astype(np.float64) / (scale or 1.0)
    # What is not zero is not to look like zero.
    levels = np.sign(shares) * np.ceil(np.abs(shares) * _MIDDLE - 1e-9)
    return np.where(finite, levels + _MIDDLE, _NOT_FINITE).astype(np.uint8)


def _data(levels: Array) -> str:
    return f"data:image/png;base64,{base64.b64encode(png(levels, _palette())).decode('ascii')}"


def _legend(panels: Sequence[_Panel], scale: float) -> str:
    bar = _data(np.arange(_NOT_FINITE, dtype=np.uint8)[None])
    parts = [
        text(f"{-scale:.3g}"),
        tag("img", src=bar, alt=f"colours from {-scale:.3g} to {scale:.3g}"),
        text(f"{scale:.3g}"),
    ]
    if not all(panel.finite for panel in panels):
        parts += [tag("span", class_="broken"), "not finite"]
    return tag("div", *parts, class_="legend")


def _about(variable: VariableReport, seen: Downsampled) -> str:
    said = []
    if len(variable.shape) > 2:
        said.append(f"{dimensions(variable.shape)} drawn as {seen.rows} rows of {seen.columns}.")
    if seen.step != (1, 1):
        said.append(
            f"Each cell stands for {_step(seen)} elements and shows the one with the largest difference."
        )
    worst = variable.judgement.difference.worst
    if worst and variable.judgement.difference.max_abs:
        index = ", ".join(map(str, worst))
        said.append(f"Largest difference at [{index}]: by {variable.judgement.difference.max_abs:.3g}.")
    return " ".join(said)


def _step(seen: Downsampled) -> str:
    down, across = seen.step
    return str(down * across) if min(seen.rows, seen.columns) == 1 else f"{down}×{across}"
