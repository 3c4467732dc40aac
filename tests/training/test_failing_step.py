"""`gradcheck run`: the first op that is not finite in a step that is compiled, which runs once more at the end."""

import pytest

SCRIPT = """
    import keras, numpy as np, tensorflow as tf
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(1)])
    optimizer = keras.optimizers.SGD(0.1)
    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    ran = []

    @tf.function(jit_compile={jit})
    def step({argument}):
        ran.append(1)
        print("traced")
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.math.log(tf.abs(model(x)) * {factor}))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    {given}
    for number in range(8):
        print(float(step({call})))
    print(len(ran), [float(tf.reduce_sum(w)) for w in model.weights])
"""
PLAIN = {
    "argument": "factor",
    "factor": "factor",
    "given": "",
    "call": "tf.constant(1.0 if number < 5 else 0.0)",
}
OF_AN_ITERATOR = {
    "argument": "factors",
    "factor": "next(factors)",
    "given": "factors = iter(tf.data.Dataset.from_tensor_slices([1.0] * 5 + [0.0] * 3))",
    "call": "factors",
}

GENERATOR = "factors = iter([float('inf')] * 2)"  # the first of which the trace keeps


@pytest.fixture
def run(cli, target):
    def run(jit=False, **changes):
        return cli("run", target(SCRIPT.format(**{"jit": jit, **PLAIN, **changes}), "train.py"))

    return run


@pytest.mark.parametrize("jit", [False, True])
def test_the_op_in_a_compiled_step_is_named_by_running_that_step_again(run, jit):
    ended = run(jit)
    text = " ".join(ended.err.split())
    assert ended.code == 1 and "is not finite in 3 of 8 calls" in text
    assert "although its inputs are: Log, of `tf.math.log(tf.abs(model(x)) * factor)` at" in text


@pytest.mark.parametrize("jit", [False, True])
def test_of_a_step_that_is_always_finite_nothing_is_said(run, jit):
    ended = run(jit, call="tf.constant(1.0)")
    assert ended.code == 0 and "not finite," not in ended.err and "the first op" not in ended.err


def test_the_script_sees_nothing_of_the_step_that_runs_again(run):
    ended = run()
    assert ended.out.count("traced") == 1 and ended.out.splitlines()[-1].startswith("1 [")


def test_a_step_that_takes_its_data_from_an_iterator_runs_again_with_what_it_took(run):
    ended = run(**OF_AN_ITERATOR)
    text = " ".join(ended.err.split())
    assert ended.code == 1 and "is not finite in 3 of 8 calls" in text
    assert "although its inputs are: Log, of `tf.math.log(tf.abs(model(x)) * next(factors))` at" in text


def test_a_step_that_takes_its_data_from_a_generator_cannot_run_again(run):
    ended = run(argument="factors", factor="next(factors)", given=GENERATOR, call="factors")
    assert ended.code == 1 and "run_functions_eagerly(True)" in ended.err and "the first op" not in ended.err


FIT = """
    import keras, numpy as np, tensorflow as tf
    keras.utils.set_random_seed(0)

    def loss(y, predicted):
        return tf.math.log(tf.abs(predicted) * y)

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", loss, steps_per_execution={steps})
    x = np.random.default_rng(0).normal(size=(40, 3))
    y = np.ones(40)
    y[{at}] = {label}
    model.fit(x, y, batch_size=4, shuffle=False, verbose=0)
    print([float(tf.reduce_sum(w)) for w in model.weights])
"""


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("label, named", [(0.0, True), (2.0, False)])
def test_the_op_in_a_compiled_fit_is_named_by_running_that_step_again(cli, target, steps, label, named):
    script = target(FIT.format(steps=steps, at=21, label=label), "train.py")
    ended = cli("run", script)
    text = " ".join(ended.err.split())
    assert (ended.code == 1) == named
    assert ("Log, of `tf.math.log(tf.abs(predicted) * y)` at" in text) == named


BUILT_INSIDE = """
    import keras, tensorflow as tf

    class Body(keras.Layer):
        def build(self, shape):
            self.w = keras.Variable(keras.initializers.GlorotUniform()((shape[-1], 4)), name="w")

        def call(self, x):
            return x @ self.w

    body, head = Body(), keras.layers.Dense(1)
    optimizer = keras.optimizers.SGD(0.1)

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(head(body(x)) - 1.0))
        variables = head.trainable_variables{more}
        optimizer.apply(tape.gradient(loss, variables), variables)

    for _ in range(3):
        step(tf.ones((4, 3)))
"""


@pytest.mark.parametrize("more, code", [("", 1), (" + body.trainable_variables", 0)])
def test_variables_that_a_compiled_step_makes_itself_are_found_if_nobody_trains_them(cli, target, more, code):
    ended = cli("run", target(BUILT_INSIDE.format(more=more)))
    assert ended.code == code and ("1 trainable variable that the loss reads is never" in ended.err) == bool(
        code
    )
