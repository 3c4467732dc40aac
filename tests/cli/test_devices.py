"""The user's file sets up TensorFlow's devices, and reads its own arguments, under every command as under Python.

One process has TensorFlow imported; each command runs in a fork of it, in which no op has run.
"""

import json
import os
import subprocess

import pytest

from support.project import ROOT, plugin_arguments

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")

TARGET = """
import argparse
import tensorflow as tf

tf.config.threading.set_inter_op_parallelism_threads(3)
processor = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=2)
if {parses}:
    parser.parse_args()
    print("of", parser.prog)

import gradcheck

print("drawn", tf.random.get_global_generator().normal([]).numpy(), tf.random.normal([]).numpy())
print("devices", len(tf.config.list_logical_devices()))
w = tf.Variable([1.0, 2.0], name="w")

def loss(x):
    return tf.reduce_mean(x * w)

@gradcheck.case
def case(seed: int = 0):
    if {parses}:
        print("again of", parser.prog, parser.parse_args().epochs)
    x = tf.random.get_global_generator().normal([3, 2])
    return gradcheck.Case(reference=loss, candidate=loss, batch={{"x": x}}, variables=[w])

def test_it():
    gradcheck.assert_equivalent(case)

if __name__ == "__main__":
    loss(tf.ones((3, 2)))
"""
RUN = """
import json, os, sys
import keras, tensorflow, pytest

def end_of(main, log):
    sys.stdout.flush()
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    for stream in (1, 2):
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    code = 70
    try:
        code = main()
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.stdout.flush(), sys.stderr.flush()
        os._exit(code)

def command(arguments):
    from gradcheck.cli import app
    return app(arguments, prog_name="gradcheck")

def with_a_generator_at_once(arguments):
    from gradcheck.execution.run import freeze
    freeze.SeededOnUse = tensorflow.random.Generator.from_seed
    return command(arguments)

ways = {"command": command, "pytest": pytest.main, "at once": with_a_generator_at_once}
for name, (way, arguments) in json.loads(sys.argv[1]).items():
    code = end_of(lambda: ways[way](arguments), name + ".log")
    print(json.dumps([name, code, open(name + ".log", errors="replace").read()]), flush=True)
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory, _preloaded):
    """Return the exit code of each command, and what it printed."""
    folder = tmp_path_factory.mktemp("devices")
    for name, parses in (("parses.py", True), ("test_it.py", False)):
        (folder / name).write_text(TARGET.format(parses=parses))
    tests = plugin_arguments("-q", "-s", "-p", "no:xdist", "-p", "no:hypothesispytest", "test_it.py")
    fuzz = ["fuzz", "parses.py", "--examples", "2"]
    ways = {
        "diff": ["command", ["diff", "parses.py", "--seed", "4"]],
        "diff again": ["command", ["diff", "parses.py:case", "--seed", "4"]],
        "diff a module": ["command", ["diff", "parses"]],
        "shapes": ["command", ["shapes", "parses.py"]],
        "shapes of a function": ["command", ["shapes", "parses.py:loss", "--input", "x=float32[4,2]"]],
        "fuzz": ["command", fuzz],
        "run": ["command", ["run", "parses.py", "--epochs", "5"]],
        "run -m": ["command", ["run", "-m", "parses", "--epochs", "5"]],
        "pytest": ["pytest", tests],
        "at once": ["at once", ["diff", "parses.py"]],
    }
    done = subprocess.run(
        [_preloaded, "-c", RUN, json.dumps(ways)],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)])},
    )
    return {name: (code, text) for name, code, text in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize(
    "name",
    [
        "diff",
        "diff again",
        "diff a module",
        "shapes",
        "shapes of a function",
        "fuzz",
        "run",
        "run -m",
        "pytest",
    ],
)
def test_a_file_sets_up_the_devices(ended, name):
    code, text = ended[name]
    assert "devices 2\n" in text
    assert code == 0, text


def test_the_twin_where_something_is_made_before_the_file_is_loaded_it_cannot(ended):
    code, text = ended["at once"]
    assert code == 2
    assert "cannot be modified after initialization" in text


@pytest.mark.parametrize(
    "name, program",
    [("diff", "parses.py"), ("diff a module", "parses"), ("shapes", "parses.py"), ("fuzz", "parses.py")],
)
def test_a_file_that_parses_arguments_sees_its_own(ended, name, program):
    text = ended[name][1]
    assert f"of {program}\n" in text
    assert f"again of {program} 2\n" in text


def test_a_script_sees_those_that_were_meant_for_it(ended):
    for name in ("run", "run -m"):
        assert "of parses.py\n" in ended[name][1]


def test_what_a_file_draws_while_it_is_loaded_follows_from_the_seed(ended):
    drawn = {name: text.partition("drawn ")[2].partition("\n")[0] for name, (_, text) in ended.items()}
    assert drawn["diff"] == drawn["diff again"] != ""
    assert drawn["diff a module"] != drawn["diff"]  # of another seed
