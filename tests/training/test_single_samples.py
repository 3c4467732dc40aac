"""`gradcheck run --check`: the losses of a script are compared with themselves on single samples, at its end."""

import json

import pytest

from support.manifest import LONG

SCRIPT = """
    import keras, numpy as np, tensorflow as tf
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), {layer}keras.layers.Dense(1)])
    optimizer = keras.optimizers.SGD(0.1)

    {decorator}
    def step(x, y):
        with tf.GradientTape() as tape:
            off = y - model(x, training=True){column}
            loss = tf.reduce_mean({loss})
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return loss

    for number in range({steps}):
        x = np.random.normal(size=(6, 3)).astype("float32")
        y = {labels}
        print(float(step(x, y)))
    print([float(tf.reduce_sum(w)) for w in model.weights])
"""
PLAIN = {
    "layer": "",
    "decorator": "",
    "column": "[:, 0]",
    "loss": "off * off",
    "steps": 12,
    "labels": "x.sum(axis=1)",
}
DROPOUT = "keras.layers.Dropout(0.5), keras.layers.BatchNormalization(), "


def script_with(**changes):
    return SCRIPT.format(**{**PLAIN, **changes})


@pytest.fixture
def checked(cli, target):
    """Run a script with --check, and return how it ended."""
    return lambda source, *options: cli("run", "--check", *options, target(source, "train.py"))


@pytest.fixture
def checked_and_unchanged(checked, cli, target):
    """Run a script with and without --check: the same is printed. Return how it ended with it."""

    def check(source):
        plain, ended = cli("run", target(source, "train.py")), checked(source)
        assert ended.out == plain.out
        return ended

    return check


def line_in(ended):
    return next(line for line in ended.err.splitlines() if "single samples: " in line).partition("train.py")[
        2
    ]


@pytest.mark.parametrize("decorator", ["", *["@tf.function"] * LONG, "@tf.function(jit_compile=True)"])
def test_samples_that_meet_by_accident_are_proved_on_the_script_itself(checked_and_unchanged, decorator):
    ended = checked_and_unchanged(script_with(column="", decorator=decorator))
    assert ended.code == 1 and line_in(ended).startswith(":12: different on 2 batches")
    assert (
        "error[broadcast]" in ended.err and "suspect[broadcast]: both" not in ended.err.partition("\n12")[2]
    )
    assert (
        "train.py:10:15" in ended.err and "fix: y - tf.squeeze(model(x, training=True), axis=1)" in ended.err
    )


@pytest.mark.parametrize("decorator", ["", "@tf.function"])
def test_the_same_script_without_the_mistake_has_no_finding(checked_and_unchanged, decorator):
    ended = checked_and_unchanged(script_with(decorator=decorator))
    assert ended.code == 0 and line_in(ended).startswith(":12: consistent on 2 batches")


def test_dropout_and_statistics_of_the_batch_are_held_fixed_and_named(checked, checked_and_unchanged):
    ended = checked_and_unchanged(script_with(layer=DROPOUT))
    assert ended.code == 0
    assert ":12: consistent on 2 batches, with Dropout, BatchNormalization as in inference" in line_in(ended)
    assert checked(script_with(layer=DROPOUT, column="")).code == 1


def test_samples_that_meet_on_purpose_are_no_finding(checked):
    ended = checked(script_with(loss="tf.nn.softmax(off) * off"))
    assert ended.code == 0 and line_in(ended).startswith(":12: inconclusive on ")
    centred = script_with(loss="(off - tf.reduce_mean(off)) ** 2")
    ended = checked(centred.replace("** 2)", "** 2)  # gradcheck: ok - centred"))
    assert ended.code == 0 and ":12: consistent on 2 batches" in line_in(ended)
    assert "but for what `tf.reduce_mean(off)` (" in line_in(ended)


def test_batches_whose_labels_are_all_equal_are_waited_out(checked):
    ended = checked(script_with(column="", labels="np.ones(6, 'float32') if number < 5 else x.sum(axis=1)"))
    assert ended.code == 1 and "different on 2 batches" in line_in(ended)


def test_labels_that_are_equal_in_every_batch_are_compared_and_said_to_hide_a_wrong_pairing(checked):
    ended = checked(script_with(labels="np.ones(6, 'float32')", steps=5))
    assert "consistent on 1 batch" in line_in(ended) and "all rows of `y` are equal" in line_in(ended)
    ended = checked(script_with(column="", labels="np.ones(6, 'float32')", steps=5))
    assert "consistent" not in line_in(ended)


def test_why_a_loss_is_not_compared_is_said(checked):
    ended = checked(script_with(loss="off * off * next(factors)", decorator="factors = iter([1.0] * 99)"))
    assert ended.code == 0 and ":12: not compared: `factors`, which line 11 reads: " in line_in(ended)


FIT = """
    import keras, numpy as np, tensorflow as tf
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    x = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
    mean = lambda y, p: tf.reduce_mean(tf.square(tf.reduce_sum(y, axis=1) - {predicted}))
    model.compile("adam", mean, {options})
    model.fit(x, x[:, :1], batch_size=8, verbose=0, epochs=4)
    print([float(tf.reduce_sum(w)) for w in model.weights])
"""
SQUEEZED, WITH_A_COLUMN = "tf.reduce_sum(p, axis=1)", "p"


@pytest.mark.parametrize(
    "options",
    ["run_eagerly=False", *["run_eagerly=True", "jit_compile=False", "jit_compile=True"] * LONG],
)
def test_a_step_of_fit_is_compared_and_changes_no_number(checked_and_unchanged, options):
    ended = checked_and_unchanged(FIT.format(predicted=SQUEEZED, options=options))
    assert ended.code == 0 and line_in(ended).startswith(":8: consistent on 2 batches")


@pytest.mark.parametrize("options", ["run_eagerly=False", *["run_eagerly=True"] * LONG])
def test_the_twin_whose_loss_in_fit_broadcasts_is_proved_wrong(checked, options):
    ended = checked(FIT.format(predicted=WITH_A_COLUMN, options=options))
    assert ended.code == 1 and line_in(ended).startswith(":8: different on 2 batches")
    assert "error[broadcast]" in ended.err and "train.py:6" in ended.err


@pytest.mark.parametrize("predicted, code", [(SQUEEZED, 0), (WITH_A_COLUMN, 1)])
def test_a_step_of_fit_that_takes_several_batches_is_compared(checked, predicted, code):
    ended = checked(FIT.format(predicted=predicted, options="steps_per_execution=2"))
    assert ended.code == code and ":8: not compared" not in line_in(ended)


def test_each_model_that_is_fitted_is_compared_at_its_own_place(checked):
    twice = FIT.format(predicted=SQUEEZED, options="")
    twice += "    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])\n"
    twice += '    other.compile("sgd", "mse")\n    other.fit(x, x[:, :1], batch_size=8, verbose=0)\n'
    lines = [each for each in checked(twice).err.splitlines() if "single samples: " in each]
    assert [each.partition("train.py")[2][:15] for each in lines] == [":8: consistent ", ":12: consistent"]


def test_a_report_in_json_has_what_was_proved(checked, tmp_path):
    file = tmp_path / "report.json"
    ended = checked(script_with(column=""), "--format", "json", "--output", file)
    (finding,) = json.loads(file.read_text(encoding="utf-8"))["findings"]
    assert ended.code == 1 and finding["verified"] and finding["span"]["line"] == 10


def test_a_saved_case_is_checked_by_diff(cli, target, tmp_path):
    ended = cli("run", "--check", "--save-case", tmp_path / "case.py", target("print('ran')"))
    assert ended.code == 2 and "cannot be combined" in ended.err and "ran" not in ended.out


def test_a_fault_of_ours_leaves_the_script_and_its_report(checked, monkeypatch):
    from gradcheck.execution.cut import checker

    def fails(*_):
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(checker, "cut_out", fails)
    with pytest.warns(RuntimeWarning, match="planted"):
        ended = checked(script_with())
    assert ended.code == 2 and "12 gradients" in ended.err and "not everything was checked" in ended.err


def test_a_loss_that_draws_is_compared_with_its_random_numbers_frozen_by_row(checked_and_unchanged):
    noisy = "off * off * tf.random.uniform((tf.shape(x)[0],))"
    ended = checked_and_unchanged(script_with(loss=noisy))
    assert ended.code == 0
    assert line_in(ended).startswith(":12: consistent on 2 batches, with random numbers frozen by row")


def test_the_twin_whose_noisy_samples_are_broadcast_is_proved_wrong(checked):
    noisy = "off * off * tf.random.uniform((tf.shape(x)[0],))[:, None]"
    ended = checked(script_with(loss=noisy, column=""))
    assert ended.code == 1
    assert line_in(ended).startswith(":12: different on 2 batches, with random numbers frozen by row")
    assert "error[broadcast]" in ended.err and "train.py:10:15" in ended.err


def test_one_draw_for_the_whole_batch_stays_one(checked_and_unchanged):
    ended = checked_and_unchanged(script_with(loss="off * off * tf.random.uniform(())"))
    assert ended.code == 0 and line_in(ended).startswith(":12: consistent on 2 batches, with random numbers")


def test_samples_that_are_combined_where_that_may_be_meant_are_a_note_at_their_place(checked):
    ended = checked(script_with(loss="off * off[::-1]"))
    assert ended.code == 0 and line_in(ended).startswith(":12: inconclusive on 2 batches")
    assert "note[other]: samples are combined here" in ended.err and "train.py:11" in ended.err


def test_a_reason_on_its_line_keeps_the_note_away(checked):
    meant = script_with(loss="off * off[::-1]").replace("[::-1])", "[::-1])  # gradcheck: ok - ranking")
    assert "note[other]" not in checked(meant).err


def test_a_division_by_the_size_of_the_batch_follows_it_where_a_term_has_none(checked):
    source = script_with(loss="off * off").replace(
        "tf.reduce_mean(off * off)", "tf.reduce_sum(off * off) / 6 + tf.reduce_mean(tf.abs(off))"
    )
    named = source.replace("/ 6", "/ size").replace("keras.utils", "size = 6; keras.utils")
    assert "consistent on 2 batches" in line_in(checked(named))
    other = named.replace("size = 6", "size = 7")
    assert "inconclusive" in line_in(checked(other))
