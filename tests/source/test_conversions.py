"""Where a value is taken out of TensorFlow is read from the source."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from gradcheck.source import conversion_before, conversion_between, site_at


def site(depth=1):
    frame = sys._getframe(depth)
    return site_at(frame.f_code, frame.f_lasti)


def noted(sites):
    sites.append(site(2))
    return Number(2.0)


class Number(float):
    def numpy(self):
        return np.float32(self)


def around(sites):
    value = np.asarray(noted(sites))
    return value * 2


def by_its_name(sites):
    value = noted(sites)
    other = value + 1.0
    value = float(value)
    return value * other


def by_a_method(sites):
    value = noted(sites).numpy()
    return value * 2


def numpy_function(function, sites):
    return np.float32(function(sites))


def by_a_function_of_tensorflows(sites):
    def called(sites):
        value = noted(sites)
        sites.append(site(3))
        return value

    return OF_TENSORFLOW.numpy_function(called, sites)


OF_TENSORFLOW = types.SimpleNamespace(numpy_function=numpy_function)


def nowhere(sites):
    value = noted(sites)
    other = value + 1.0
    return value * other


@pytest.mark.parametrize(
    ("function", "wanted"),
    [
        (around, "np.asarray(noted(sites))"),
        (by_its_name, "float(value)"),
        (by_a_method, "noted(sites).numpy()"),
        (by_a_function_of_tensorflows, "OF_TENSORFLOW.numpy_function(called, sites)"),
        (nowhere, None),
    ],
)
def test_the_expression_that_converts_is_found(function, wanted):
    sites = []
    function(sites)
    found = conversion_between(sites, None)
    assert (None if found is None else found.text) == wanted


def reads_a_number(sites):
    kept = [Number(1.0), Number(2.0)]
    first = np.array([1.0])
    copied = np.array(kept)
    return noted(sites) * copied[0] + (first is None)


def reads_no_number(sites):
    kept = [Number(1.0), Number(2.0)]
    copied = kept[0]
    return noted(sites) * copied


def test_of_what_is_read_the_last_that_was_converted_before_is_found():
    sites = []
    reads_a_number(sites)
    assert conversion_before(sites[0]).text == "np.array(kept)"


def test_where_nothing_was_converted_nothing_is_found():
    sites = []
    reads_no_number(sites)
    assert conversion_before(sites[0]) is None
