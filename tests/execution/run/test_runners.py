"""What looks at ops while the user's code runs refuses them, or has a bug of its own: neither is the user's."""

import pytest
import tensorflow as tf

from gradcheck.errors import FaultError, UserCodeError, user_code, why
from gradcheck.execution.run.runners import RefusedError, looking


def raising(error):
    def look(name, operands):
        raise error

    return look


def test_a_bug_in_a_look_is_reported_as_ours():
    wrong = raising(AttributeError("no such thing"))
    is_ours = pytest.raises(FaultError, match="bug in gradcheck: AttributeError")
    with is_ours as raised, user_code("the candidate raised:"), looking(wrong):
        tf.constant(1.0) + 1.0
    assert why(raised.value).startswith("this is a bug in gradcheck")


@pytest.mark.parametrize(
    "error", [RefusedError("no"), MemoryError(), tf.errors.ResourceExhaustedError(None, None, "no memory")]
)
def test_an_op_that_is_refused_or_cannot_run_is_an_error_of_the_code_that_runs_it(error):
    with pytest.raises(UserCodeError), user_code("the candidate raised:"), looking(raising(error)):
        tf.constant(1.0) + 1.0
