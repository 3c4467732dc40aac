"""`gradcheck run --save-case`: the block between a tape and its gradient becomes a case that runs by itself."""

import json
import os
import re
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import gradcheck
from support.project import ROOT

LOOP = """
    import keras, numpy as np, tensorflow as tf
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(1)])
    optimizer = keras.optimizers.SGD(0.1)
    for step in range(5):
        x = np.random.normal(size=(6, 3)).astype("float32")
        y = x.sum(axis=1)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(y - model(x){column}))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
"""
RIGHT, WRONG = LOOP.format(column="[:, 0]"), LOOP.format(column="")


@pytest.fixture
def saved(cli, target, tmp_path):
    """Save a case from a script; return how the command ended, and the case's file."""

    def save(source, *options, name="train.py", arguments=()):
        script, case = target(source, name), tmp_path / "my_case.py"
        options = [str(option).replace("SCRIPT", str(script)) for option in options]
        return cli("run", "--save-case", case, *options, script, *arguments), case

    return save


def is_as_in_the_script(ended):
    return "run by itself, its gradients differ from the script's by " in ended.err


def test_a_case_out_of_a_loop_gives_what_the_script_had_and_the_verdict_on_it(saved, cli):
    ended, case = saved(WRONG)
    assert (
        is_as_in_the_script(ended) and "6 rows, and the next gradient there is the second batch" in ended.err
    )
    judged = cli("diff", case)
    assert judged.code == 1 and "line_11  DIFFERENT" in judged.out
    assert "tf.squeeze(model(x), axis=1)" in judged.out and "on a second batch too" in judged.out


def test_the_same_script_without_the_mistake_is_consistent(saved, cli):
    ended, case = saved(RIGHT)
    assert ended.code == 0 and is_as_in_the_script(ended)
    judged = cli("diff", case)
    assert judged.code == 0 and "line_11  CONSISTENT" in judged.out


def test_a_saved_case_is_a_target_of_the_other_commands_and_takes_a_reference(saved, cli):
    _, case = saved(WRONG)
    assert cli("shapes", case).code in (0, 1) and cli("fuzz", case, "--budget", "1").code in (1, 2)
    source = case.read_text(encoding="utf-8")
    reference = "def reference(x, y):\n    return tf.reduce_mean(tf.square(y - model(x)[:, 0]))\n\n\n"
    source = source.replace("@gradcheck.case", f"{reference}@gradcheck.case")
    case.write_text(source.replace("# reference=", "reference="), encoding="utf-8")
    judged = cli("diff", case)
    assert judged.code == 1 and "DIFFERENT" in judged.out and "reference" in judged.out


def test_a_case_needs_neither_the_script_nor_its_folder(saved, tmp_path, cli):
    _, case = saved(RIGHT)
    (tmp_path / "train.py").unlink()
    assert cli("diff", case).code == 0


OBJECTS = """
    import argparse, keras, numpy as np, tensorflow as tf
    from keras import layers, ops

    class Sampling(layers.Layer):
        def __init__(self, **named):
            super().__init__(**named)
            self.seeds = keras.random.SeedGenerator(7)

        def call(self, inputs):
            mean, log = inputs
            return mean + ops.exp(0.5 * log) * keras.random.normal(ops.shape(mean), seed=self.seeds)

    inputs = keras.Input((4,))
    h = layers.Dropout(0.2)(layers.Dense(5, "relu")(inputs))
    mean, log = layers.Dense(2)(h), layers.Dense(2)(h)
    bound = 3.0
    limited = layers.Lambda(lambda value: value * bound / 3.0)(log)
    encoder = keras.Model(inputs, [mean, limited, Sampling()([mean, limited])])

    class Table(layers.Layer):
        def __init__(self):
            super().__init__()
            self.add_weight(shape=(2, 4), name="table")

        def call(self, x):
            return ops.matmul(x, self.trainable_variables[0])

    class VAE(keras.Model):
        def __init__(self, encoder, decoder, options):
            super().__init__()
            self.encoder, self.parts, self.options = encoder, [decoder], options
            self.log_file = iter(())
            self.total = keras.metrics.Mean(name="total")

        def weight(self):
            return self.options.beta

        def train_step(self, data):
            with tf.GradientTape() as tape:
                mean, log, z = self.encoder(data, training=True)
                loss = ops.mean(ops.sum(ops.square(data - self.parts[0](z)), axis=1))
                loss += self.weight() * ops.mean(ops.square(mean) + ops.exp(log) - log)
            gradients = tape.gradient(loss, self.trainable_weights)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_weights))
            return {"loss": loss}

    table = Table()
    vae = VAE(encoder, table, argparse.Namespace(beta=0.25, name=object()))
    vae.compile("adam")
    vae.fit(np.random.rand(24, 4).astype("float32"), batch_size=8, verbose=0)
"""


@pytest.mark.filterwarnings("ignore:Even though the")
def test_models_of_ones_own_are_made_again_from_their_attributes(saved, cli):
    ended, case = saved(OBJECTS)
    assert is_as_in_the_script(ended), ended.err
    source = case.read_text(encoding="utf-8")
    assert "class Sampling(layers.Layer):" in source and "def weight(self):" in source
    assert "train_step" not in source and "log_file" not in source and "fit(" not in source
    assert cli("diff", case).code in (0, 2)  # it draws


FIT = """
    import keras, numpy as np

    def huber(y, p):
        off = keras.ops.abs(y{column} - p)
        return keras.ops.mean(keras.ops.where(off < 1, 0.5 * off * off, off - 0.5))

    model = keras.Sequential([keras.layers.Dense(4, "relu"), keras.layers.Dense(1)])
    model.compile("adam", loss=huber)
    x = np.random.normal(size=(24, 3)).astype("float32")
    model.fit(x, x.sum(1, keepdims=True), batch_size=8, verbose=0)
"""


@pytest.mark.filterwarnings("ignore:Even though the")
@pytest.mark.parametrize(("column", "code"), [("[:, 0]", 1), ("", 0)])
def test_a_fit_of_keras_becomes_a_compiled_model(saved, cli, column, code):
    ended, case = saved(FIT.format(column=column))
    assert is_as_in_the_script(ended), ended.err
    assert "candidate=model" in case.read_text(encoding="utf-8")
    assert cli("diff", case).code == code


TWO = """
    import sys
    import tensorflow as tf
    from tensorflow.keras import layers

    units = int(sys.argv[1])
    hidden = [layers.Dense(units), layers.BatchNormalization()]
    generator = tf.keras.Sequential([layers.Input((2,)), *hidden, layers.Dense(3)])
    judge = tf.keras.Sequential([layers.Input((3,)), layers.Dense(4), layers.Dropout(0.5), layers.Dense(1)])
    entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True)

    def judged(real, fake):
        return entropy(tf.ones_like(real), real) + entropy(tf.zeros_like(fake), fake)

    @tf.function
    def step(images):
        noise = tf.random.normal([8, 2])
        with tf.GradientTape() as one, tf.GradientTape() as other:
            fake = judge(generator(noise, training=True), training=True)
            loss = entropy(tf.ones_like(fake), fake)
            judge_loss = judged(judge(images, training=True), fake)
        first = one.gradient(loss, generator.trainable_variables)
        second = other.gradient(judge_loss, judge.trainable_variables)
        return first, second

    if __name__ == "__main__":
        for _ in range(4):
            step(tf.random.normal([8, 3]))
"""


def test_a_line_says_which_of_several_gradients_is_meant(saved, cli):
    ended, case = saved(TWO, arguments=("5",))
    assert is_as_in_the_script(ended) and "other gradients, for --at: " in ended.err
    assert re.search(r"--at: .*train\.py:23\n", ended.err)
    case.unlink(), case.with_suffix(".npz").unlink()
    ended, case = saved(TWO, "--at", "SCRIPT:23", arguments=("5",))
    assert is_as_in_the_script(ended) and "return judge_loss" in case.read_text(encoding="utf-8")
    assert "the gradient at" in ended.err and "train.py:23 for 4 variables" in ended.err


AGENT = """
    import collections
    import numpy as np
    import tensorflow as tf
    from .nets import build, embed

    GAMMA = 0.9

    class Agent:
        def __init__(self):
            self.net, self.memory = build(), collections.deque()
            self.optimizer = tf.keras.optimizers.Adam()

        def returns(self, rewards):
            total, found = 0.0, []
            for reward in reversed(rewards):
                total = reward + GAMMA * total
                found.insert(0, total)
            return found

        def learn(self, states, actions, rewards):
            returns = self.returns(rewards)
            with tf.GradientTape() as tape:
                loss = 0
                for state, action, total in zip(states, actions, returns):
                    chances = tf.nn.softmax(self.net(embed(np.array([state])), training=True))
                    loss += -total * tf.math.log(chances[0, action])
                loss = loss / len(states)
            variables = self.net.trainable_variables
            self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
"""
NETS = """
    import tensorflow as tf

    table = tf.Variable(tf.random.normal((3, 3)), name="table")

    def build():
        return tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])

    def embed(states):
        return states @ table
"""
MAIN = """
    import numpy as np
    from players.agent import Agent

    agent, random = Agent(), np.random.default_rng(0)
    for episode in range(3):
        length = 5 + episode
        states = [random.normal(size=3).astype("float32") for _ in range(length)]
        agent.learn(states, [int(random.integers(2)) for _ in range(length)], [1.0] * length)
"""


def test_an_agent_of_another_module_keeps_its_module_and_loses_its_surroundings(saved, target, cli):
    target("", "players/__init__.py"), target(AGENT, "players/agent.py"), target(NETS, "players/nets.py")
    ended, case = saved(MAIN)
    assert is_as_in_the_script(ended), ended.err
    source = case.read_text(encoding="utf-8")
    assert "from players.agent import Agent" in source and "frozen.restore(players.nets.table" in source
    assert "deque" not in source
    assert "5 rows, and the next gradient" in ended.err
    assert cli("diff", case).code == 0


NESTED = """
    import tensorflow as tf

    def main():
        w = tf.Variable(tf.ones((3, 1)), name="w")
        count, scale = 8, 0.5

        def predicted(x):
            return scale * x @ w

        def step(x, y):
            with tf.GradientTape() as tape:
                off = tf.reshape(y, (count, 1)) - predicted(x)
                loss = tf.reduce_sum(off**2) / count
            w.assign_sub(0.1 * tape.gradient(loss, [w])[0])

        for i in range(3):
            step(tf.random.normal((8, 3)), tf.random.normal((8,)))

    main()
"""


def test_functions_within_functions_are_cut_out_and_the_number_of_samples_follows_the_batch(saved, cli):
    ended, case = saved(NESTED)
    assert is_as_in_the_script(ended), ended.err
    source = case.read_text(encoding="utf-8")
    assert "    count = len(x)\n" in source and "# " in source and "def predicted(x):" in source
    assert cli("diff", case).code == 0


VALUES = """
    import collections, dataclasses, enum, functools, types
    import numpy as np, tensorflow as tf

    class Kind(enum.Enum):
        PLAIN = 1
        SQUARED = 2

    Pair = collections.namedtuple("Pair", ["left", "right"])

    @dataclasses.dataclass
    class Options:
        scale: float
        kind: Kind
        nothing: object = None

        @property
        def doubled(self):
            return 2 * self.scale

    class Linear(tf.Module):
        def __init__(self):
            super().__init__(name="linear")
            self.w = tf.Variable(tf.ones((3, 1)), name="w")

        def __call__(self, x):
            return x @ self.w

    def scaled(by, x):
        return by * x

    linear, half = Linear(), tf.Variable(0.5, dtype=tf.bfloat16, trainable=False)
    options, pair = Options(0.5, Kind.SQUARED), Pair(np.float32(2.0), {"a": [1, (2.0, None)]})
    twice, infinite = functools.partial(scaled, 2.0), float("inf")
    words, wide = tf.constant(["a", "b"]), np.arange(3, dtype=np.float64)
    space, random = types.SimpleNamespace(rate=3, other=object()), np.random.default_rng(3)
    total, recent = 1.0, collections.deque([1.0, 2.0], maxlen=5)

    for step in range(3):
        x = tf.random.normal((5, 3))
        with tf.GradientTape() as tape:
            out = twice(linear(x)) * options.doubled * pair.left * pair.right["a"][1][0]
            if options.kind is Kind.SQUARED and tf.strings.length(words[0]) == 1 and infinite > 1:
                out = out**2
            out += tf.cast(half, tf.float32) * tf.cast(wide[1], tf.float32) * random.normal() * space.rate
            total = total + tf.reduce_mean(out) * sum(recent)
            loss = total
        gradient = tape.gradient(loss, linear.w)
        total = 1.0
"""


def test_values_of_many_kinds_are_what_they_were(saved, cli):
    ended, case = saved(VALUES)
    assert is_as_in_the_script(ended), ended.err + case.read_text(encoding="utf-8")
    source = case.read_text(encoding="utf-8")
    assert "def candidate(x, total=total):" in source and "other" not in source


REFUSED = """
    import tensorflow as tf
    w = tf.Variable([1.0, 2.0], name="w")

    class Env:
        def __init__(self):
            self.lines = iter(range(9))

    {before}
    for step in range(3):
        x = tf.ones((4, 2))
        with tf.GradientTape() as tape:
            {inside}
            loss = tf.reduce_mean(x * w)
        w.assign_sub(tape.gradient(loss, w))
"""


@pytest.mark.parametrize(
    ("before", "inside", "said"),
    [
        ("log = iter(range(9))", "next(log)", ["`log`, which line 13 reads", "as arrays or numbers"]),
        ("env = Env()", "next(env.lines)", ["env.lines: ", "left out: "]),
        ("pass", "if step < 0: break", ["line 13: `break` leaves the block"]),
    ],
)
def test_what_cannot_be_cut_out_is_said(saved, before, inside, said):
    ended, _ = saved(REFUSED.format(before=before, inside=inside))
    assert ended.code == 2 and [text for text in said if text not in ended.err] == [], ended.err


def test_the_same_script_without_it_can_be_cut_out(saved):
    ended, _ = saved(REFUSED.format(before="env = 1", inside="env"))
    assert ended.code == 0 and is_as_in_the_script(ended), ended.err


PATCHED = """
    import keras, tensorflow as tf
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    plain = keras.layers.Dense.call
    {patch}
    try:
        for step in range(3):
            x = tf.ones((4, 2))
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(model(x)))
            tape.gradient(loss, model.trainable_variables)
    finally:
        keras.layers.Dense.call = plain
"""


def test_a_case_that_is_not_as_in_the_script_says_what_differs(saved):
    patch = "keras.layers.Dense.call = lambda layer, x, training=None: 2 * plain(layer, x)"
    ended, _ = saved(PATCHED.format(patch=patch))
    assert ended.code == 2 and not is_as_in_the_script(ended)
    assert "its gradients are not those of the script: `sequential" in ended.err
    assert "(the loss is " in ended.err


def test_the_same_script_without_a_patch_is_as_in_the_script(saved):
    ended, _ = saved(PATCHED.format(patch=""))
    assert ended.code == 0 and is_as_in_the_script(ended)


def test_a_script_that_takes_no_gradient_has_no_case(saved):
    ended, case = saved("import tensorflow as tf\ntf.ones(3)")
    assert ended.code == 2 and "no gradient was taken for variables" in ended.err
    assert not case.exists()
    ended, _ = saved(RIGHT, "--at", "SCRIPT:3")
    assert ended.code == 2 and "no gradient was taken for variables at train.py:3" in ended.err


def test_a_second_place_and_a_file_that_is_there_are_refused_before_the_script_runs(
    saved, cli, target, tmp_path
):
    (tmp_path / "my_case.npz").write_bytes(b"")
    ended, _ = saved("print('ran')")
    assert ended.code == 2 and "ran" not in ended.out and "my_case.npz: it already exists" in ended.err
    script = target("print('ran')")
    for options, said in [
        (("--at", "x.py:3"), "--at selects the gradient for --save-case"),
        (("--save-case", tmp_path / "other.py", "--at", "x.py"), "expected FILE:LINE"),
        (("--save-case", tmp_path / "other.py", "--at", "x.py:3"), "there is no file x.py"),
        (("--save-case", tmp_path / "other.txt"), "expected a name that ends in .py"),
    ]:
        ended = cli("run", *options, script)
        assert ended.code == 2 and "ran" not in ended.out and said in ended.err


def test_values_of_another_file_are_refused(tmp_path):
    with pytest.raises(gradcheck.GradcheckError, match="does not exist"):
        gradcheck.frozen(tmp_path / "case.py")
    np.savez(tmp_path / "case.npz", x=np.ones(3))
    with pytest.raises(gradcheck.CaseError, match="was not written by gradcheck run --save-case"):
        gradcheck.frozen(tmp_path / "case.py")


def test_code_is_copied_as_it_is_written(saved):
    source = textwrap.dedent(RIGHT).replace("reduce_mean(", "reduce_mean(  # over samples\n            ")
    _, case = saved(source)
    assert "# over samples" in case.read_text(encoding="utf-8")


REPLICAS = """
    import tensorflow as tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    import keras
    keras.utils.set_random_seed(0)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        scale = tf.Variable(2.0)
        optimizer = keras.optimizers.SGD(0.1)
        optimizer.build(model.trainable_variables)

    def replica(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(scale * model(x){column} - y)) / 2
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)

    @tf.function
    def step(x, y):
        strategy.run(replica, args=(x, y))

    x = tf.random.normal((32, 3))
    batches = tf.data.Dataset.from_tensor_slices((x, x[:, 0])).batch(8)
    for x, y in strategy.experimental_distribute_dataset(batches):
        step(x, y)
"""


@pytest.mark.usefixtures("python_with_tensorflow")
@pytest.mark.parametrize("column, verdict", [("[:, 0]", "consistent"), ("", "different")])
def test_the_step_of_a_replica_is_saved_and_judged(target, tmp_path, column, verdict):
    """In a process of its own, because devices can be set up only once."""
    path = target(REPLICAS.format(column=column), "train.py")
    case = tmp_path / "case.py"

    def run(*arguments):
        command = [sys.executable, "-m", "gradcheck", *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    ended = run("run", "--save-case", case, path)
    assert "its gradients differ from the script's by" in ended.stderr and "has 4 rows" in ended.stderr
    assert json.loads(run("diff", "--format", "json", case).stdout)["cases"][0]["verdict"] == verdict
