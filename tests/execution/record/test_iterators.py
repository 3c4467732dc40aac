"""What calls take from iterators is kept, and the program sees nothing of it."""

import weakref

import pytest
import tensorflow as tf

from gradcheck.execution.record.iterators import KeptArguments, can_be_kept

NUMBERS = tf.data.Dataset.range(6)


@tf.function
def two_of(numbers, number):
    return number * (next(numbers) + next(numbers))


@pytest.fixture
def kept():
    kept = KeptArguments()
    yield kept
    kept.release()


def called(kept, *arguments):
    with kept.handing_on((arguments, {})) as (given, named):
        return int(two_of(*given, **named))


def test_a_call_can_be_made_again_with_what_it_took_and_no_element_is_missed_or_taken_ahead(kept):
    numbers, one = iter(NUMBERS), tf.constant(1, tf.int64)
    assert [called(kept, numbers, one), called(kept, numbers, one)] == [0 + 1, 2 + 3]
    (given, _) = kept.again(((numbers, one), {}))()
    assert int(given[0].get_next()) == 2 and int(given[0].get_next()) == 3
    assert int(next(numbers)) == 4
    assert two_of.experimental_get_tracing_count() == 1


def test_what_an_iterator_raises_is_raised_as_it_is(kept):
    with pytest.raises(tf.errors.InvalidArgumentError, match="NaN"):
        called(kept, iter(NUMBERS.map(broken)), tf.constant(1, tf.int64))


def broken(number):
    tf.debugging.check_numerics(tf.math.log(tf.cast(number, tf.float32) - 1.0), "broken")
    return number


def test_the_end_of_the_data_is_told_as_it_would_be(kept):
    with pytest.raises(tf.errors.OutOfRangeError):
        called(kept, iter(NUMBERS.take(1)), tf.constant(1, tf.int64))


def test_nothing_over_a_generator_is_left_after_the_release():
    kept, numbers = KeptArguments(), iter(NUMBERS)
    with kept.handing_on(((numbers,), {})) as (given, _):
        stand_in = weakref.ref(given[0])
        next(given[0])
        del given
    assert stand_in() is not None
    kept.release()
    assert stand_in() is None and int(next(numbers)) == 1


@pytest.mark.parametrize(
    "arguments, can",
    [
        ((iter(NUMBERS), 1.0), True),
        ((iter([1.0]), 1.0), False),
        ((iter(tf.data.Dataset.from_tensors(tf.sparse.from_dense([0, 1]))),), False),
    ],
)
def test_what_is_used_up_cannot_be_kept(arguments, can):
    assert can_be_kept((arguments, {})) == can
