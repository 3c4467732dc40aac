"""Files, spans of expressions, and how to write an edit into one."""

from gradcheck.source.bindings import argument_of, assigned_to, bound_in, is_counted, operand_at, value_of
from gradcheck.source.by_hand import span_of_gradient
from gradcheck.source.comments import acceptance
from gradcheck.source.comprehensions import Inlined, inlined
from gradcheck.source.conversions import conversion_before, conversion_between, innermost_conversions
from gradcheck.source.expressions import (
    Call,
    asks_for_an_axis,
    assigned_names,
    call_at,
    is_expression,
    is_taken_apart,
    means_the_same,
    named_at,
    operand_nodes,
    operand_spans,
    stands_alone,
    statement_at,
)
from gradcheck.source.generated import original
from gradcheck.source.lines import lines_of
from gradcheck.source.notebook_cells import cell_file, cell_name
from gradcheck.source.python_values import python_values
from gradcheck.source.spans import (
    Site,
    Span,
    is_own_file,
    is_user_file,
    line_span,
    node_of,
    read_anew,
    reason_given,
    shown_path,
    site_around,
    site_at,
    site_of,
    source_lines,
    span_at,
    span_of,
    span_of_node,
)
from gradcheck.source.trees import function_at, functions_around, parents, tree
from gradcheck.source.writing import bracketed_once, in_docstring, on_one_line, replaced_source, rewritten

__all__ = [
    "Call",
    "Inlined",
    "Site",
    "Span",
    "acceptance",
    "argument_of",
    "asks_for_an_axis",
    "assigned_names",
    "assigned_to",
    "bound_in",
    "bracketed_once",
    "call_at",
    "cell_file",
    "cell_name",
    "conversion_before",
    "conversion_between",
    "function_at",
    "functions_around",
    "in_docstring",
    "inlined",
    "innermost_conversions",
    "is_counted",
    "is_expression",
    "is_own_file",
    "is_taken_apart",
    "is_user_file",
    "line_span",
    "lines_of",
    "means_the_same",
    "named_at",
    "node_of",
    "on_one_line",
    "operand_at",
    "operand_nodes",
    "operand_spans",
    "original",
    "parents",
    "python_values",
    "read_anew",
    "reason_given",
    "replaced_source",
    "rewritten",
    "shown_path",
    "site_around",
    "site_at",
    "site_of",
    "source_lines",
    "span_at",
    "span_of",
    "span_of_gradient",
    "span_of_node",
    "stands_alone",
    "statement_at",
    "tree",
    "value_of",
]
