"""A place where the candidate parts from the reference: what a cause may judge it by."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.program.recording import Op, Recording


@dataclass(frozen=True, kw_only=True)
class Located:
    """Two expressions that should give the same.

    Parameters
    ----------
    op
        The op of the candidate whose inputs the reference has, and whose result it has not.
    other
        The op of the reference that gives what should stand there.
    candidate, reference
        The recordings.
    factor
        What the reference's quantity is multiplied by to stand there.
    negated
        Whether the candidate has the reference's numbers with the other sign.
    same_numbers
        Whether both give the same numbers in the same order: then the derivatives differ.
    rearranged
        Whether both give the same numbers in another order.
    passes
        Whether a gradient passes on to some variable, for the candidate's and the reference's.
    sizes
        How many numbers the candidate's op and the reference's quantity have, in all runs.
    reads_taken
        Whether the candidate's op reads elements that were taken by their place, as the reference takes none.
    lost
        The variables that the reference's quantity depends on, and the candidate's is computed from without a
        gradient for them; none where it has one for others instead.
    apart
        How far the numbers are apart, relative to their size, where there are as many.
    chosen
        What computes which elements the candidate's op takes, where the reference takes others.
    other_elements
        Whether the candidate has elements of what the reference's op takes its own from.
    blamed
        What goes wrong first: the op, or one that computes what it is given.
    replaced
        Whether the candidate's op gives what was replaced, and not something that this is made of.
    term_of_one_side
        Whether one side adds a term that the other does not have.
    sums_known
        Whether the candidate's op reduces what the reference has, too, number by number, to what it has not.
    weighed
        Whether the numbers differ by factors that no variable moves: by weights, counts or a mask.
    shared
        Whether both programs run the very expression: then what it is given differs.
    """

    op: Op
    other: Op
    candidate: Recording
    reference: Recording
    factor: float = 1.0
    negated: bool = False
    same_numbers: bool = False
    rearranged: bool = False
    passes: tuple[bool, bool] = (True, True)
    sizes: tuple[int, int] = (1, 1)
    reads_taken: bool = False
    lost: frozenset[str] = frozenset()
    apart: float = 1.0
    chosen: Op | None = None
    other_elements: bool = False
    sums_known: bool = False
    weighed: bool = False
    shared: bool = False
    blamed: Op | None = None
    replaced: bool = True
    term_of_one_side: bool = False

    @property
    def types(self) -> tuple[str, str]:
        """The types of both ops."""
        return self.op.type, self.other.type
