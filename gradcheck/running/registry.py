"""All modes, in the order in which they are shown. To add one, write its class and name it here.

This module loads neither TensorFlow nor what needs it: names are also asked for where no mode runs.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from gradcheck.errors import TargetError

if TYPE_CHECKING:
    from gradcheck.running.bench import Bench
    from gradcheck.running.result import Row

Place = Literal["here", "anew", "replicas", "workers"]
"""Where a mode runs.

``here``: beside all others. ``anew``: likewise, but never in the user's own process, since the case is made anew
for it, or trained. ``replicas``: in a process with several devices. ``workers``: in several processes.
"""


class Way(Protocol):
    """What runs a mode: made with the mode's name, and its options by name."""

    def row(self, bench: Bench) -> Row:
        """Run the formulation in this way and judge the result.

        Raises
        ------
        NotApplicableError
            It does not apply to this formulation.
        NotRunError
            It was not run, or the formulation cannot be.
        """


@dataclass(frozen=True)
class Mode:
    """One way of running a formulation.

    Parameters
    ----------
    name
        What it is called in ``--only``, in a table and in the JSON.
    place
        Where it runs.
    way
        The class that runs it, as ``module:Class`` within `gradcheck.running`.
    options
        What that class is made with, besides the name.
    """

    name: str
    place: Place
    way: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def row(self, bench: Bench) -> Row:
        """Run it, see `Way`."""
        module, _, name = self.way.partition(":")
        made: Way = getattr(importlib.import_module(f"gradcheck.running.{module}"), name)(
            self.name, **self.options
        )
        return made.row(bench)


_UNEVEN = {"uneven": True}

MODES: tuple[Mode, ...] = (
    Mode("eager", "here", "plain:Eager"),
    Mode("function", "here", "plain:Graph"),
    Mode("compiled", "here", "plain:Compiled"),
    Mode("xla", "here", "plain:Graph", {"xla": True}),
    Mode("xla_any_batch", "here", "plain:Graph", {"xla": True, "any_size": True}),
    Mode("permuted", "here", "plain:Permuted"),
    Mode("recompute", "here", "plain:Recompute"),
    Mode("micro_batches", "here", "parts:MicroBatches"),
    Mode("micro_batches_uneven", "here", "parts:MicroBatches", _UNEVEN),
    Mode("bfloat16", "anew", "half:Half"),
    Mode("float16", "anew", "half:Half"),
    Mode("float16_unscaled", "anew", "half:Unscaled"),
    Mode("tf32", "here", "replicas:TensorFloat"),
    Mode("fit", "anew", "trainer:Fit"),
    Mode("train_step", "anew", "trainer:Fit", {"step_alone": True}),
    Mode("accumulation", "anew", "trainer:Accumulation"),
    Mode("accumulation_uneven", "anew", "trainer:Accumulation", _UNEVEN),
    Mode("replicas", "replicas", "replicas:Replicas"),
    Mode("replicas_uneven", "replicas", "replicas:Replicas", _UNEVEN),
    Mode("fit_replicas", "replicas", "replicas:FitReplicas"),
    Mode("fit_replicas_uneven", "replicas", "replicas:FitReplicas", _UNEVEN),
    Mode("multi_worker", "workers", "replicas:Workers"),
    Mode("fit_workers", "workers", "replicas:FitWorkers"),
    Mode("parameter_server", "here", "replicas:ParameterServer"),
)

LIMIT = 600.0
"""How many seconds a mode may take before its process is taken to hang."""

NAMES = tuple(mode.name for mode in MODES)


def names_in(text: str) -> list[str]:
    """Return the names of modes in a list such as ``xla,float16``."""
    return [name.strip() for name in text.split(",") if name.strip()]


def chosen(only: Sequence[str]) -> tuple[Mode, ...]:
    """Return the modes of these names; all, where none is named.

    Raises
    ------
    TargetError
        There is no such mode.
    """
    unknown = [name for name in only if name not in NAMES]
    if unknown:
        raise TargetError(f"there is no mode `{unknown[0]}`; there are {', '.join(NAMES)}")
    return tuple(mode for mode in MODES if not only or mode.name in only)
