"""What is said of a mode that raised."""

import pytest

from gradcheck.errors import UserCodeError
from gradcheck.running.plain import last_line


@pytest.mark.parametrize("message", ["unknown rank", "ValueError: unknown rank"])
def test_the_kind_of_an_error_is_said_once_also_where_its_message_begins_with_it(message):
    raised = UserCodeError("as a graph, it raised:", ValueError(message))
    assert last_line(raised) == "as a graph, it raised: ValueError: unknown rank"


def test_a_message_that_begins_with_another_kind_keeps_it():
    raised = UserCodeError("as a graph, it raised:", ValueError("TypeError: unknown rank"))
    assert last_line(raised) == "as a graph, it raised: ValueError: TypeError: unknown rank"
