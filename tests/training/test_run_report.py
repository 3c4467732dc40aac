"""What `gradcheck run` shows of gradients: in all its formats, however the script ends, under a strategy."""

import json
import os
import subprocess
import sys

import pytest

from gradcheck.report import health_html, health_markdown
from gradcheck.report.run_report import RunReport
from support.documents import validator
from support.project import ROOT

SCRIPT = """
    import sys
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), *(keras.layers.Dense(4) for _ in range(4)), {last}])
    optimizer = keras.optimizers.SGD(0.01)
    x, y = tf.random.normal((8, 4)), tf.random.normal((8, 1))
    for step in range(4):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x) - y) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        print(step)
        {end}
"""
RIGHT = SCRIPT.format(last="keras.layers.Dense(1)", end="")
WRONG = SCRIPT.format(last="keras.layers.Dense(1, activation='softmax')", end="")
PRINTED = "0\n1\n2\n3\n"


pytestmark = pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1")


def test_what_is_well_is_folded_into_one_line(cli, target):
    ended = cli("run", target(RIGHT))
    assert (ended.code, ended.out) == (0, PRINTED)
    assert "\n  4 calls  tape.gradient(loss, model.trainable_variables)\n" in ended.err
    assert "10 variables" in ended.err and "kernel" not in ended.err
    assert ended.err.splitlines()[-1].endswith(
        "ops and 4 gradients; for other causes, try gradcheck run --check or gradcheck diff"
    )


def test_what_is_not_well_has_a_row_and_a_finding(cli, target):
    ended = cli("run", target(WRONG))
    assert (ended.code, ended.out) == (1, PRINTED)
    assert ended.err.count("kernel") >= 5
    assert "suspect[dead]: softmax over one unit is constant: nothing before it can learn\n  -->" in ended.err
    assert ended.err.endswith("gradcheck: 1 finding\n")


@pytest.mark.parametrize("source, zero", [(RIGHT, 0), (WRONG, 4)])
def test_the_json_says_in_how_many_calls_a_gradient_was_zero(cli, target, tmp_path, source, zero):
    file = tmp_path / "report.json"
    ended = cli("run", "--format", "json", "--output", file, target(source))
    assert (ended.code, ended.out) == (int(zero > 0), PRINTED)
    document = json.loads(file.read_text(encoding="utf-8"))
    validator("run").validate(document)
    (place,) = document["places"]
    assert (place["calls"], place["span"]["text"]) == (4, "tape.gradient(loss, model.trainable_variables)")
    variables = place["variables"]
    assert [each["shape"] for each in variables] == [[4, 4], [4]] * 4 + [[4, 1], [1]]
    assert [(each["zero"], each["none"], each["not_finite"]) for each in variables] == [(zero, 0, 0)] * 10
    assert (variables[0]["norm"]["first"] > 0) == (zero == 0)
    assert [finding["cause"] for finding in document["findings"]] == ["dead"] * (zero > 0)


def test_a_report_on_stdout_has_stdout_to_itself(cli, target):
    ended = cli("run", "--format", "json", target(RIGHT))
    assert json.loads(ended.out)["places"][0]["calls"] == 4
    assert PRINTED in ended.err


@pytest.mark.parametrize("form, sign", [("html", "<!doctype html>"), ("markdown", "## gradcheck: 1 finding")])
def test_a_page_and_markdown_have_the_rows_and_the_finding(cli, target, tmp_path, form, sign):
    file = tmp_path / "report"
    assert cli("run", "--format", form, "--output", file, target(WRONG)).code == 1
    written = file.read_text(encoding="utf-8")
    assert written.startswith(sign)
    assert "softmax over one unit" in written and "dead" in written
    assert cli("run", "--format", form, "--output", file, target(RIGHT)).code == 0
    assert "no finding" in file.read_text(encoding="utf-8")


def test_a_folder_is_refused_before_the_script_runs(cli, target, tmp_path):
    ended = cli("run", "--format", "json", "--output", tmp_path, target(RIGHT))
    assert (ended.code, ended.out) == (2, "")


@pytest.mark.parametrize(
    "end, code", [("raise ValueError(1)", 1), ("sys.exit(3)", 3), ("raise KeyboardInterrupt", 130)]
)
def test_what_was_seen_is_shown_however_the_script_ends(cli, target, end, code):
    """What it never did it might have done later: that the only step so far changed nothing is no finding."""
    ended = cli("run", target(SCRIPT.format(last="keras.layers.Dense(1)", end=f"if step == 2: {end}")))
    assert ended.code == code
    assert "  3 calls  tape" in ended.err and "3 gradients before the script" in ended.err


def test_what_stands_in_for_a_method_is_not_in_a_traceback(cli, target):
    unknown = "optimizer.apply_gradients([(gradients[0], tf.Variable(tf.ones((4, 4))))])"
    ended = cli("run", target(SCRIPT.format(last="keras.layers.Dense(1)", end=unknown)))
    assert ended.code == 1
    assert "base_optimizer.py" in ended.err and "gradcheck/" not in ended.err


STRATEGY = """
    import tensorflow as tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    import keras
    keras.utils.set_random_seed(0)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(1{activation})])
        model.compile("sgd", "mse")
    x, y = tf.random.normal((16, 4)), tf.random.normal((16, 1))
    model.fit(x, y, batch_size=4, verbose=0)

    with strategy.scope():
        w = tf.Variable(tf.ones((4, 1)))
        scale = tf.Variable(1.0, name="scale", trainable={scaled})
    optimizer = tf.Variable(0.1)

    def replica(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((scale * x @ w - y) ** 2)
        gradient = tape.gradient(loss, w)
        tf.distribute.get_replica_context().merge_call(
            lambda strategy, g: strategy.extended.update(w, lambda v, g: v.assign_sub(0.1 * g), args=(g,)),
            args=(tf.distribute.get_replica_context().all_reduce("mean", gradient),),
        )

    @tf.function
    def step(x, y):
        strategy.run(replica, args=(x, y))

    for _ in range(3):
        step(x, y)
    print([array.numpy().tobytes().hex() for array in (*model.trainable_variables, w)])
"""


def in_a_process_of_its_own(*arguments):
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return done.returncode, done.stdout


@pytest.mark.usefixtures("python_with_tensorflow")
def test_each_replica_is_seen_under_a_strategy_and_the_numbers_stay(target, tmp_path):
    right, wrong = (
        target(STRATEGY.format(activation=activation, scaled=bool(number)), f"strategy{number}.py")
        for number, activation in enumerate(["", ", activation='softmax'"])
    )
    places = {}
    for script in (right, wrong):
        file = tmp_path / "report.json"
        code, out = in_a_process_of_its_own(
            "-m", "gradcheck", "run", "--format", "json", "--output", file, script
        )
        document = json.loads(file.read_text(encoding="utf-8"))
        assert code == (script == wrong)
        causes = [finding["cause"] for finding in document["findings"]]
        assert causes == ["dead", "disconnected"] * (script == wrong)
        assert script == right or "`scale`" in document["findings"][1]["notes"][0]
        places[script] = document["places"]
        if script == right:
            assert in_a_process_of_its_own(script) == (0, out)
    fit, loop = places[right]
    assert (fit["calls"], loop["calls"]) == (8, 6)  # of two replicas
    assert [variable["zero"] for variable in fit["variables"]] == [0] * 4
    assert [variable["zero"] for variable in places[wrong][0]["variables"]] == [8] * 4


def test_what_came_of_single_samples_is_in_a_page_as_well():
    report = RunReport((), (), checks=("single samples: a.py:3: not compared: `env`",))
    assert "- single samples: a.py:3: not compared: `env`\n" in health_markdown.to_markdown(report)
    assert "<p>single samples: a.py:3: not compared: <code>env</code></p>" in health_html.to_page(report)
    assert "single samples" not in health_html.to_page(RunReport((), ()))
