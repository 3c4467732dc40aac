"""What is kept of a file's syntax tree is forgotten once the file may have been edited."""

from __future__ import annotations

import linecache

from gradcheck.source import trees


def test_the_definition_of_a_function_is_found_anew_in_an_edited_file(tmp_path):
    path = tmp_path / "losses.py"

    def found(source):
        path.write_text(source, encoding="utf-8")
        linecache.clearcache()
        trees.forget()
        names = {}
        exec(compile(source, str(path), "exec"), names)
        node = trees.function_at(names["loss"].__code__)
        return node and (node.lineno, [argument.arg for argument in node.args.args])

    assert found("def loss(x):\n    return x\n") == (1, ["x"])
    assert found("# moved\ndef loss(y):\n    return y\n") == (2, ["y"])
    assert found("other = None\nloss = lambda z: z\n") == (2, ["z"])


def test_of_several_statements_in_a_line_a_node_is_in_its_own():
    name = "<a line>"
    written = ["half = 0.5; y = f(half)\n"]
    linecache.cache[name] = (len(written), None, written, name)
    first, second = trees.tree(name).body
    assert trees.outermost_statement(second.value.args[0], name) is second
    assert trees.outermost_statement(first.value, name) is first
