"""Modes in processes of their own: replicas, workers, and what crashes or hangs. Few runs, of several cases."""

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

import gradcheck
from gradcheck.running.api import ModesOptions, modes_of_target
from support.documents import validator

TARGET = """
import os, signal, time
import keras, numpy as np, tensorflow as tf
import gradcheck

r = np.random.default_rng(0)
X, Y = r.normal(size=(8, 3)).astype("float32"), r.normal(size=(8, 1)).astype("float32")

def model(loss, optimizer="sgd"):
    net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_regularizer="l2")])
    net.compile(optimizer, loss)
    return net

def of(candidate, variables):
    return gradcheck.Case(candidate=candidate, batch={"x": X, "y": Y}, variables=variables)

shared = model(lambda y, p: tf.reduce_mean((y - p) ** 2))

@gradcheck.case
def scalar_loss(seed=0):
    return of(shared, shared)  # made when the file is imported

@gradcheck.case
def loss_per_sample(seed=0):
    net = model(lambda y, p: tf.reduce_mean((y - p) ** 2, axis=-1))
    return of(net, net)

@gradcheck.case
def clipped(seed=0):
    net = model("mse", keras.optimizers.Adam(0.1, clipnorm=0.1))
    return of(net, net)

@gradcheck.case
def mean(seed=0):
    w = tf.Variable(r.normal(size=(3, 1)).astype("float32"))
    return of(lambda x, y: tf.reduce_mean((y - x @ w) ** 2), [w])

@gradcheck.case
def of_those_kept(seed=0):
    w = tf.Variable(r.normal(size=(3, 1)).astype("float32"))
    kept = (np.arange(8) % 3 > 0).astype("float32")
    loss = lambda x, y, kept: tf.reduce_sum(kept * ((y - x @ w) ** 2)[:, 0]) / tf.reduce_sum(kept)
    return gradcheck.Case(candidate=loss, batch={"x": X, "y": Y, "kept": kept}, variables=[w])

@gradcheck.case
def by_global_size(seed=0):
    w = tf.Variable(r.normal(size=(3, 1)).astype("float32"))
    return of(lambda x, y: tf.reduce_sum((y - x @ w) ** 2) / 8, [w])
"""

CRASHING = """
import os, signal, time
import numpy as np, tensorflow as tf
import gradcheck

print("this is no report")

def case(in_graph):
    w = tf.Variable([1.0, 2.0])
    def loss(x):
        if not tf.executing_eagerly():
            in_graph()
        return tf.reduce_mean((x * w) ** 2)
    return gradcheck.Case(candidate=loss, batch={"x": np.ones((4, 2), "float32")}, variables=[w])

@gradcheck.case
def crashing(seed=0):
    return case(lambda: os.kill(os.getpid(), signal.SIGSEGV))

@gradcheck.case
def crashing_at_once(seed=0):
    os.kill(os.getpid(), signal.SIGSEGV)

@gradcheck.case
def raising(seed=0):
    raise RuntimeError("no data today")
"""

HANGING = """
@gradcheck.case
def hanging(seed=0):
    return case(lambda: time.sleep(1000))
"""


@pytest.fixture
def target(tmp_path):
    def write(source):
        path = tmp_path / "target.py"
        path.write_text(source)
        return str(path)

    return write


def ended_within_a_minute(pid):
    for _ in range(600):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError(f"process {pid} was left behind")


def verdicts(report):
    return {row.mode: row.verdict for row in report.rows}


@pytest.mark.usefixtures("python_with_tensorflow")
def test_replicas_of_two_devices(target):
    only = ("replicas", "fit_replicas", "fit_replicas_uneven")
    reports = {report.name: report for report in modes_of_target(target(TARGET), ModesOptions(only=only))}
    scalar, per_sample = reports["scalar_loss"].by_mode, reports["loss_per_sample"].by_mode
    assert scalar["fit_replicas"].verdict == "different"
    assert "times the gradient: each replica's mean is added up" in scalar["fit_replicas"].note
    assert "`tf.reduce_mean((y - p) ** 2)` (" in scalar["fit_replicas"].note
    assert scalar["fit_replicas_uneven"].verdict == "different"
    assert per_sample["fit_replicas"].verdict == per_sample["replicas"].verdict == "same"
    assert per_sample["fit_replicas_uneven"].verdict == "information"
    assert "on the first 7 of the 8 samples" in per_sample["fit_replicas_uneven"].note
    assert "samples" not in per_sample["fit_replicas"].note
    clipped = reports["clipped"].by_mode["fit_replicas"]
    assert clipped.verdict == "different"
    assert "the optimizer clips the gradient of each replica before it adds them up" in clipped.note
    assert reports["mean"].by_mode["replicas"].verdict == "information"
    assert (
        reports["mean"]
        .by_mode["replicas"]
        .note.startswith("2 times the gradient: each replica's mean is added up, which `")
    )
    kept = reports["of_those_kept"].by_mode["replicas"]
    assert kept.verdict == "information"
    assert (
        "times as large: each replica's mean is added up" in kept.note and "couples its samples" in kept.note
    )
    assert "on the first 7 of the 8 samples" in scalar["fit_replicas_uneven"].note
    assert "on the first" not in scalar["fit_replicas"].note
    assert verdicts(reports["by_global_size"]) == {
        "replicas": "same",
        "fit_replicas": "not_applicable",
        "fit_replicas_uneven": "not_applicable",
    }


@pytest.mark.usefixtures("python_with_tensorflow")
def test_two_worker_processes(target):
    options = ModesOptions(only=["multi_worker", "fit_workers"], workers=2)
    before, _, after = TARGET.partition("@gradcheck.case\ndef clipped")
    few = before + after[after.index("@gradcheck.case\ndef by_global_size") :]
    reports = {report.name: report for report in modes_of_target(target(few), options)}
    assert verdicts(reports["by_global_size"]) == {"multi_worker": "same", "fit_workers": "not_applicable"}
    assert verdicts(reports["loss_per_sample"]) == {"multi_worker": "same", "fit_workers": "same"}
    scalar = reports["scalar_loss"].by_mode["fit_workers"]
    assert scalar.verdict == "different"
    assert "times the gradient: each replica's mean is added up" in scalar.note


@pytest.mark.usefixtures("python_with_tensorflow")
def test_a_mode_that_crashes_is_a_row_and_the_others_are_run(target):
    options = ModesOptions(only=["eager", "function", "permuted"])
    reports = {report.name: report for report in modes_of_target(target(CRASHING), options)}
    crashing = reports["crashing"]
    assert verdicts(crashing) == {"eager": "same", "function": "not_run", "permuted": "same"}
    assert "SIGSEGV" in crashing.by_mode["function"].note
    assert crashing.by_mode["function"].failed
    assert "no data today" in reports["raising"].reason
    assert "SIGSEGV" in reports["crashing_at_once"].reason


@pytest.mark.usefixtures("python_with_tensorflow")
def test_a_mode_that_hangs_is_ended(target):
    """It alone is run: what is slow would hang, too, under a limit as short as this."""
    options = ModesOptions(only=["function"], limit=1)
    (report,) = modes_of_target(f"{target(CRASHING + HANGING)}:hanging", options)
    assert verdicts(report) == {"function": "not_run"}
    assert report.by_mode["function"].note == "it did not end within 1 seconds"
    assert report.by_mode["function"].failed


def test_ctrl_c_leaves_no_process_behind(target, tmp_path, python_with_tensorflow):
    source = CRASHING + HANGING + f"\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
    command = subprocess.Popen(
        [
            python_with_tensorflow,
            "-m",
            "gradcheck",
            "modes",
            target(source) + ":hanging",
            "--only",
            "function",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    pid = tmp_path / "pid"
    while not (pid.exists() and pid.read_text()):
        assert command.poll() is None
        time.sleep(0.1)
    command.send_signal(signal.SIGINT)
    out, err = command.communicate(timeout=60)
    assert (command.returncode, out) == (130, "")
    assert "interrupted" in err
    ended_within_a_minute(int(pid.read_text()))


@pytest.mark.usefixtures("python_with_tensorflow")
def test_the_command_line_gives_the_contract_as_json(target, cli):
    ended = cli("modes", target(TARGET) + ":mean", "--only", "eager,float16,multi_worker", "--format", "json")
    document = json.loads(ended.out)
    validator("modes").validate(document)
    assert document["environment"]["tensorflow"]
    (case,) = document["targets"]
    assert case["name"] == "mean"
    assert [row["mode"] for row in case["modes"]] == ["eager", "float16", "multi_worker"]
    assert [row["verdict"] for row in case["modes"]] == ["same", "not_applicable", "not_run"]
    assert ended.code == 0


@pytest.mark.usefixtures("python_with_tensorflow")
def test_a_factory_of_a_file_is_run_there(tmp_path, monkeypatch):
    (tmp_path / "own_cases.py").write_text(TARGET)
    monkeypatch.syspath_prepend(tmp_path)
    import own_cases  # the one just written

    report = gradcheck.modes(own_cases.mean, only=["eager", "function"])
    assert verdicts(report) == {"eager": "same", "function": "same"}
    assert pathlib.Path(own_cases.__file__).parent == tmp_path
