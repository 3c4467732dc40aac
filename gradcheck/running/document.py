"""The types of the JSON document of ``gradcheck modes``."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from gradcheck.documents import Header, Number

ModeVerdict = Literal["same", "different", "no_verdict", "not_applicable", "not_run", "information"]
"""Of one mode. ``information``: its gradient is another one, as it has to be for this loss or as the mode is made;
what that means is said, and it is no fault of the formulation."""


class ModeDocument(TypedDict):
    """One way of running the formulation."""

    mode: Annotated[str, "Its name, such as `xla`."]
    verdict: Annotated[
        ModeVerdict,
        "Of this mode alone. `information`: its gradient is another one, but necessarily so for this loss or in "
        "this mode: that is not a fault of the formulation.",
    ]
    norm: Annotated[
        Number | None,
        "The Euclidean norm of the gradient for all variables; null where the mode was not run.",
    ]
    difference: Annotated[
        Number | None, "How far it is from the gradient in float64, relative to the larger of both."
    ]
    noise: Annotated[
        Number | None,
        "How far rounding in this mode takes the gradient, relative to it. 32 times that is allowed.",
    ]
    cosine: Annotated[Number | None, "Of the angle between both gradients."]
    note: Annotated[str, "An explanation, or an empty string."]


class ModesReportDocument(TypedDict):
    """One case, run in several ways."""

    name: Annotated[str, "The name of the case; of one of several losses, `name[loss]`."]
    reason: Annotated[str | None, "Why no mode could be run, if so."]
    about: Annotated[
        str | None, "What holds for all modes, such as that random numbers were the same in each."
    ]
    modes: Annotated[list[ModeDocument], "One per mode, in a fixed order."]


class ModesDocument(Header):
    """The output of ``gradcheck modes TARGET --format json``: one document on stdout, and nothing else."""

    targets: Annotated[list[ModesReportDocument], "The cases, in the order of the file."]
