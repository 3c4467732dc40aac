"""What a recording says of tensors, ops and places, made once for all of a kind: a loop has thousands of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import CodeType
from typing import Any

from gradcheck.arrays import Tensor
from gradcheck.execution.tensorflow_internals import dtype_number, known_shape, tensor_id
from gradcheck.program.recording import TensorInfo
from gradcheck.source import Site, site_at

RawPlace = tuple[CodeType, int]
"""A code, and an instruction of it."""


class Places:
    """The places of a run, each made once. Codes are told apart by what they are: to compare them takes long."""

    def __init__(self) -> None:
        self._sites: dict[tuple[int, int], Site] = {}
        self._chains: dict[tuple[tuple[int, int], ...], tuple[Site, ...]] = {}

    def site(self, code: CodeType, instruction: int) -> Site:
        """Return one place."""
        key = id(code), instruction
        known = self._sites.get(key)
        if known is None:
            known = self._sites[key] = site_at(code, instruction)
        return known

    def sites(self, callers: tuple[RawPlace, ...]) -> tuple[Site, ...]:
        """Return several."""
        key = tuple([(id(code), instruction) for code, instruction in callers])
        known = self._chains.get(key)
        if known is None:
            known = self._chains[key] = tuple([self.site(*place) for place in callers])
        return known


class Described:
    """What is known of the tensors and ops of a run, once for all of a kind: a loop has thousands of each."""

    def __init__(self) -> None:
        self.tensors: dict[int, TensorInfo] = {}
        self.values: dict[int, Tensor] = {}
        self._infos: dict[tuple[Any, ...], TensorInfo] = {}
        self._kinds: dict[str | bytes, str] = {}
        self._attributes: dict[tuple[Any, ...], Mapping[str, Any]] = {}

    def numbers(self, found: Iterable[Tensor]) -> tuple[int, ...]:
        """Return the numbers of tensors, and keep these."""
        values = self.values
        numbers = tuple(map(tensor_id, found))
        for number, tensor in zip(numbers, found, strict=True):
            if number not in values:
                values[number] = tensor
                self.tensors[number] = self._info(tensor)
        return numbers

    def _info(self, tensor: Tensor) -> TensorInfo:
        kind = known_shape(tensor), dtype_number(tensor)
        info = self._infos.get(kind)
        if info is None:
            info = self._infos[kind] = TensorInfo(kind[0], tensor.dtype.name)
        return info

    def kind(self, name: str | bytes) -> str:
        """Return the type of an op by TensorFlow's name of it."""
        kind = self._kinds.get(name)
        if kind is None:
            kind = self._kinds[name] = name.decode() if isinstance(name, bytes) else name
        return kind

    def attributes(self, kind: str | bytes, flat: tuple[Any, ...]) -> Mapping[str, Any]:
        """Return the attributes of an op by name."""
        try:
            known = self._attributes.get((kind, flat))
        except TypeError:  # a list is among them
            return _by_name(flat)
        if known is None:
            known = self._attributes[kind, flat] = _by_name(flat)
        return known


def _by_name(flat: tuple[Any, ...]) -> Mapping[str, Any]:
    return dict(zip(flat[::2], flat[1::2], strict=True))
