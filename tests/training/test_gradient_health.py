"""Every gradient that a program takes: what is counted of it, and what is found."""

import gc

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.training import keras_calls
from support.manifest import LONG


def data(samples=16):
    random = np.random.default_rng(0)
    return random.normal(size=(samples, 4)).astype("float32"), random.normal(size=(samples, 1)).astype(
        "float32"
    )


X, Y = data()


def dense(*units, last=None, **how):
    layers = [keras.layers.Dense(each, activation="tanh", **how) for each in units[:-1]]
    return keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(units[-1], activation=last)])


def mse(model, x=X, y=Y):
    return tf.reduce_mean(tf.square(model(x) - y))


def watched(run):
    with gradcheck.guard(on="collect") as guard:
        run()
    return guard


def trained(step, times=4, compiled=False):
    """Watch a step that is taken several times, eagerly or compiled."""
    call = tf.function(step) if compiled else step
    return watched(lambda: [call() for _ in range(times)])


def each_eager_or_compiled(kinds):
    """Return each with False or True in turn; in a long run with both."""
    ways = (False, True)
    return [
        (kind, way) for number, kind in enumerate(kinds) for way in (ways if LONG else [ways[number % 2]])
    ]


def causes(guard):
    return [finding.cause for finding in guard.findings]


def step_of(model, loss_of=mse, variables=None, optimizer=None, after=lambda gradients: gradients):
    optimizer = optimizer or keras.optimizers.SGD(0.01)

    def step():
        with tf.GradientTape() as tape:
            loss = loss_of(model)
        sources = model.trainable_variables if variables is None else variables(model)
        gradients = after(tape.gradient(loss, sources))
        optimizer.apply_gradients(zip(gradients, sources, strict=True))

    return step


# What is counted


def in_a_loop():
    run = step_of(dense(3, 1))
    return lambda: [run() for _ in range(4)]


def in_a_function(**how):
    run = tf.function(step_of(dense(3, 1)), **how)
    return lambda: [run() for _ in range(4)]


def in_fit(**how):
    model = dense(3, 1)
    model.compile("sgd", "mse", **how)
    return lambda: model.fit(X, Y, batch_size=4, verbose=0)


class WithAStep(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = dense(3, 1)

    def call(self, x):
        return self.inner(x)

    def train_step(self, batch):
        x, y = batch
        with tf.GradientTape() as tape:
            loss = mse(self.inner, x, y)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {"loss": loss}


def in_a_step_of_a_model():
    model = WithAStep()
    model.compile("sgd")
    return lambda: model.fit(X, Y, batch_size=4, verbose=0)


def in_a_function_within_another():
    step = tf.function(step_of(dense(3, 1)))

    @tf.function
    def epoch():
        for _ in tf.range(2):
            step()

    return lambda: [epoch() for _ in range(2)]


WAYS = {
    "loop": (in_a_loop, "tape.gradient(loss, sources)"),
    "function": (in_a_function, "tape.gradient(loss, sources)"),
    "function, XLA": (lambda: in_a_function(jit_compile=True), "tape.gradient(loss, sources)"),
    "fit": (in_fit, "model.fit(X, Y, batch_size=4, verbose=0)"),
    "fit, eager": (lambda: in_fit(run_eagerly=True), "model.fit(X, Y, batch_size=4, verbose=0)"),
    "fit, XLA": (lambda: in_fit(jit_compile=True), "model.fit(X, Y, batch_size=4, verbose=0)"),
    "train_step": (in_a_step_of_a_model, "tape.gradient(loss, self.trainable_variables)"),
    "function within another": (in_a_function_within_another, "tape.gradient(loss, sources)"),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_call_is_counted_at_its_place_and_the_numbers_stay_bit_for_bit(way):
    make, text = WAYS[way]

    def weights(run):
        keras.utils.set_random_seed(1)
        made = []
        original, keras.Sequential.__init__ = keras.Sequential.__init__, None
        keras.Sequential.__init__ = lambda self, *a, **k: (original(self, *a, **k), made.append(self))[0]
        try:
            start = make()
        finally:
            keras.Sequential.__init__ = original
        run(start)
        return [array.tobytes() for array in made[0].get_weights()]

    bare = weights(lambda start: start())
    guards = []
    assert weights(lambda start: guards.append(watched(start))) == bare
    (place,) = guards[0].places
    assert (place.span.text, place.calls, place.target.shapes) == (text, 4, ((),))
    assert [variable.shape for variable in place.variables] == [(4, 3), (3,), (3, 1), (1,)]
    assert guards[0].findings == ()
    for variable in place.variables:
        assert (variable.zero, variable.none, variable.not_finite) == (0, 0, 0)
        assert variable.norm.first > 0 and variable.norm.last > 0
        assert variable.norm.first != variable.norm.last


@pytest.mark.parametrize("compiled", [False, True])
def test_norms_are_those_of_the_gradients_also_of_tiny_and_huge_ones(compiled):
    w = tf.Variable(tf.ones(3))
    factor = tf.Variable(1.0)

    def step():
        with tf.GradientTape() as tape:
            loss = factor * tf.reduce_sum(w)
        return tape.gradient(loss, [w])

    call = tf.function(step) if compiled else step
    factors = [1e-30, 1.0, 2.0, 1e25]

    def run():
        for value in factors:
            factor.assign(value)
            call()

    (place,) = watched(run).places
    norm = place.variables[0].norm
    root = 3**0.5
    assert (norm.first, norm.last) == (pytest.approx(root * 1e-30), pytest.approx(root * 1e25))
    assert norm.median == pytest.approx(1.5 * root)
    assert place.variables[0].zero == place.variables[0].not_finite == 0


def test_a_jacobian_and_what_a_gradient_takes_inside_are_no_places_of_their_own():
    w = tf.Variable([1.0, 2.0])

    @tf.custom_gradient
    def squared(x):
        def backward(upstream):
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = x * x
            return upstream * inner.gradient(y, x)

        return x * x, backward

    def run():
        with tf.GradientTape(persistent=True) as tape:
            y = squared(w)
            loss = tf.reduce_sum(y)
        tape.jacobian(y, w)
        tape.gradient(loss, w)

    (place,) = watched(run).places
    assert place.calls == 1


def test_where_a_gradient_cannot_be_measured_the_program_runs_as_ever_and_it_is_said():
    w = tf.Variable([1.0, 2.0])

    def gradient(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(w * w * x)
        return tape.gradient(loss, w)

    made = []
    guard = watched(lambda: made.extend([tf.vectorized_map(gradient, tf.ones((3, 2))), gradient(tf.ones(2))]))
    assert made[0].numpy().tolist() == [[2.0, 4.0]] * 3
    (place,) = guard.places
    assert (place.calls, place.unmeasured) == (1, "not measured inside tf.vectorized_map")


def test_rows_of_a_table_count_as_they_are_handed_over():
    table = tf.Variable(tf.ones((5, 2)))

    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.gather(table, [1, 3]) ** 2)
        return tape.gradient(loss, table)

    for compiled in (False, True):
        guard = trained(step, compiled=compiled)
        assert guard.places[0].variables[0].norm.first == pytest.approx(4.0)
        assert [f.cause for f in guard.findings] == ["other"]  # nothing applies it


# What is found, with what is right beside it


def never_watched():
    """Return a model whose first layer is run before the tape."""
    model = dense(3, 1)
    hidden, last = model.layers
    optimizer = keras.optimizers.SGD(0.01)

    def step():
        features = hidden(X)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((last(features) - Y) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        pairs = zip(gradients, model.trainable_variables, strict=True)
        optimizer.apply_gradients((g, v) for g, v in pairs if g is not None)

    return step


def through_numpy(model):
    return tf.reduce_mean((model.layers[1](tf.constant(model.layers[0](X).numpy())) - Y) ** 2)


def unregularised(model):
    return mse(model)


def regularised(model):
    return mse(model) + sum(model.losses)


class Adds(keras.layers.Layer):
    def call(self, x):
        self.add_loss(tf.reduce_mean(x**2))
        return x


def adding():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), Adds(), keras.layers.Dense(1)])


def frozen(model):
    model.layers[0].trainable = False
    return model


RIGHT_AND_WRONG = {
    "dead": (
        lambda: step_of(dense(3, 1, last="sigmoid")),
        lambda: step_of(dense(3, 1, last="softmax")),
        "softmax over one unit is constant",
    ),
    "disconnected": (
        lambda: step_of(dense(3, 1)),
        never_watched,
        "the gradient of 2 of 4 variables is None in each of 4 calls",
    ),
    "loss_shape": (
        lambda: step_of(dense(3, 1)),
        lambda: step_of(dense(3, 1), lambda model: tf.square(model(X) - Y)),
        "the loss has shape (16, 1)",
    ),
    "numerics": (
        lambda: step_of(
            dense(3, 1), lambda model: mse(model) + tf.sqrt(tf.reduce_sum(model.layers[0].bias ** 2) + 1e-9)
        ),
        lambda: step_of(dense(3, 1), lambda model: mse(model) + tf.norm(model.layers[0].bias)),
        "is not finite in",
    ),
    "other: regularizer": (
        lambda: step_of(dense(3, 1, kernel_regularizer="l2"), regularised),
        lambda: step_of(dense(3, 1, kernel_regularizer="l2"), unregularised),
        "1 layer with a regularizer, and nothing reads `.losses`",
    ),
    "other: add_loss": (
        lambda: step_of(adding(), regularised),
        lambda: step_of(adding(), unregularised),
        "1 layer with losses of their own",
    ),
    "other: order": (
        lambda: step_of(dense(4, 4, 1), after=lambda g: [*g]),
        lambda: step_of(dense(4, 4, 1), after=lambda g: [g[2], g[3], g[0], g[1], *g[4:]]),
        "the optimizer is handed gradients that belong to other variables (4)",
    ),
    "disconnected: never asked": (
        lambda: step_of(frozen(dense(3, 1))),
        lambda: step_of(dense(3, 1), variables=lambda model: model.layers[1].trainable_variables),
        "2 trainable variables that the loss reads are never trained",
    ),
    "other: never applied": (
        lambda: step_of(dense(3, 1)),
        lambda: step_of(dense(3, 1), optimizer=Forgotten()),
        "all 4 variables never changed: nothing applies the gradient",
    ),
}


class Forgotten:
    def apply_gradients(self, pairs):
        """Do nothing."""


@pytest.mark.parametrize(("kind", "compiled"), each_eager_or_compiled(RIGHT_AND_WRONG))
def test_what_is_wrong_is_found_and_what_is_right_is_not(kind, compiled):
    right, wrong, message = RIGHT_AND_WRONG[kind]
    assert trained(right(), compiled=compiled).findings == ()
    (finding,) = trained(wrong(), compiled=compiled).findings
    assert finding.cause == kind.partition(":")[0]
    assert message in finding.message


def test_a_number_made_of_a_tensor_inside_the_tape_is_named_where_the_gradient_is_none():
    (finding,) = trained(step_of(dense(3, 1), through_numpy)).findings
    assert finding.cause == "disconnected"
    assert any(
        "`model.layers[0](X).numpy()` turns a tensor that the tape watches into a number" in note
        for note in finding.notes
    )

    def logged(model):
        loss = mse(model)
        assert float(loss) == loss.numpy()
        return loss

    assert trained(step_of(dense(3, 1), logged)).findings == ()


def log_of_zero(model):
    return mse(model) + tf.reduce_mean(tf.math.log(tf.nn.relu(model(X) - 100.0)))


def root_of_zero(model):
    return mse(model) + tf.sqrt(tf.reduce_sum(model.layers[0].bias ** 2))


@pytest.mark.parametrize(
    "loss, op, text",
    [
        (log_of_zero, "Log", "tf.math.log(tf.nn.relu(model(X) - 100.0))"),
        (root_of_zero, "SqrtGrad", "tf.sqrt(tf.reduce_sum(model.layers[0].bias ** 2))"),
    ],
)
def test_the_first_op_that_is_not_finite_is_named_where_ops_run_one_by_one(loss, op, text):
    (finding,) = trained(step_of(dense(3, 1), loss)).findings
    assert any(f": {op}, of `{text}` at" in note for note in finding.notes)
    (finding,) = trained(step_of(dense(3, 1), loss), compiled=True).findings
    assert any("run_functions_eagerly(True)" in note for note in finding.notes)


def test_what_a_function_dropped_when_it_returned_is_judged_all_the_same():
    """As `main()` of a script does."""
    for kind in ("other: never applied", "other: regularizer", "disconnected: never asked"):
        right, wrong, message = RIGHT_AND_WRONG[kind]
        for make, expected in ((right, 0), (wrong, 1)):
            with gradcheck.guard(on="collect") as guard:
                step = make()
                [step() for _ in range(4)]
                del step
                gc.collect()
            assert [message in finding.message for finding in guard.findings] == [True] * expected


# What is right though it may look wrong


def gan(compiled):
    generator, critic = dense(4), dense(3, 1)
    optimizers = [keras.optimizers.Adam(0.01) for _ in range(2)]

    def step():
        noise = tf.random.normal((16, 4))
        with tf.GradientTape() as g_tape, tf.GradientTape() as d_tape:
            fake = generator(noise)
            d_fake, d_real = critic(fake), critic(X)
            g_loss = -tf.reduce_mean(d_fake)
            d_loss = tf.reduce_mean(d_fake) - tf.reduce_mean(d_real)
        for tape, loss, model, optimizer in (
            (g_tape, g_loss, generator, optimizers[0]),
            (d_tape, d_loss, critic, optimizers[1]),
        ):
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

    return step


def gradient_penalty(compiled):
    critic, optimizer = dense(3, 1), keras.optimizers.SGD(0.01)

    def step():
        with tf.GradientTape() as tape:
            with tf.GradientTape() as inner:
                x = tf.constant(X)
                inner.watch(x)
                score = critic(x)
            penalty = tf.reduce_mean((tf.norm(inner.gradient(score, x), axis=1) - 1.0) ** 2)
            loss = penalty + tf.reduce_mean(score**2)
        gradients = tape.gradient(loss, critic.trainable_variables)
        optimizer.apply_gradients(zip(gradients, critic.trainable_variables, strict=True))

    return step


def dqn(compiled):
    online, target = dense(3, 2), dense(3, 2)
    return step_of(
        online,
        lambda model: tf.reduce_mean(
            (1.0 + 0.9 * tf.reduce_max(target(X), 1) - tf.reduce_max(model(X), 1)) ** 2
        ),
    )


def persistent(compiled):
    actor, critic = dense(3, 2), dense(3, 1)
    optimizers = [keras.optimizers.SGD(0.01) for _ in range(2)]

    def step():
        with tf.GradientTape(persistent=True) as tape:
            values = critic(X)
            value_loss = tf.reduce_mean((values - Y) ** 2)
            policy_loss = tf.reduce_mean(tf.nn.log_softmax(actor(X))[:, 0:1] * tf.stop_gradient(values - Y))
        for loss, model, optimizer in zip(
            (value_loss, policy_loss), (critic, actor), optimizers, strict=True
        ):
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        del tape

    return step


def accumulated(compiled):
    model, optimizer = dense(3, 1), keras.optimizers.SGD(0.01)

    def step():
        sums = [tf.zeros(v.shape) for v in model.trainable_variables]
        for part in range(2):
            with tf.GradientTape() as tape:
                loss = mse(model, X[part::2], Y[part::2]) / 2
            sums = [a + b for a, b in zip(sums, tape.gradient(loss, model.trainable_variables), strict=True)]
        optimizer.apply_gradients(zip(sums, model.trainable_variables, strict=True))

    return step


def adversarial(compiled):
    model, optimizer = dense(3, 1), keras.optimizers.SGD(0.01)

    def step():
        x = tf.constant(X)
        with tf.GradientTape() as tape:
            tape.watch(x)
            losses = tf.square(model(x) - Y)
        x = x + 0.1 * tf.sign(tape.gradient(losses, x))
        with tf.GradientTape() as tape:
            loss = mse(model, x)
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, model.trainable_variables), 1.0)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

    return step


def embedded(compiled):
    table, head = keras.layers.Embedding(20, 4), dense(1)
    table.build()
    optimizer, parts = keras.optimizers.Adam(0.01), [table, head]

    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(head(table(tf.constant([1, 2, 3]))) ** 2)
        variables = [v for part in parts for v in part.trainable_variables]
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    return step


def two_heads(compiled):
    """Each place leaves one head out: its gradient is None there, and is none elsewhere."""
    body, heads = dense(3), [keras.layers.Dense(1) for _ in range(2)]
    [head.build((None, 3)) for head in heads]
    optimizer = keras.optimizers.SGD(0.01)
    variables = [v for part in (body, *heads) for v in part.trainable_variables]

    optimizer.build(variables)

    def apply(gradients):
        optimizer.apply_gradients(
            [(g, v) for g, v in zip(gradients, variables, strict=True) if g is not None]
        )

    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(heads[0](body(X)) ** 2)
        apply(tape.gradient(loss, variables))
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((heads[1](body(X)) - 1.0) ** 2)
        apply(tape.gradient(loss, variables))

    return step


def zero_initialised(compiled):
    """As LoRA: what is multiplied by a factor that starts at zero gets nothing in the first step."""
    a, b = tf.Variable(tf.ones((4, 2))), tf.Variable(tf.zeros((2, 1)))

    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((X @ a @ b - Y) ** 2)
        for variable, gradient in zip((a, b), tape.gradient(loss, (a, b)), strict=True):
            variable.assign_sub(0.1 * gradient)

    return step


HARMLESS = [
    gan,
    gradient_penalty,
    dqn,
    persistent,
    accumulated,
    adversarial,
    embedded,
    two_heads,
    zero_initialised,
]


@pytest.mark.parametrize(("make", "compiled"), each_eager_or_compiled(HARMLESS))
def test_what_is_meant_is_no_finding(make, compiled):
    guard = trained(make(compiled), compiled=compiled)
    assert guard.findings == ()
    assert guard.places
    for place in guard.places:
        assert (place.calls, place.unmeasured) == (8 if make is accumulated else 4, "")


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("bias, dead", [(-100.0, 12), (1.0, 0)])
def test_units_that_never_get_a_gradient_are_a_note(compiled, bias, dead):
    hidden = keras.layers.Dense(16, activation="relu")
    model = keras.Sequential([keras.Input((4,)), hidden, keras.layers.Dense(1)])
    hidden.bias.assign(np.where(np.arange(16) < 12, bias, 1.0))
    guard = trained(step_of(model), compiled=compiled)
    assert [finding.severity for finding in guard.findings] == ["note"] * (dead > 0)
    if dead:
        assert guard.findings[0].notes == (f"exactly zero: 12 of 16 of `{hidden.bias.path}`",)


class Exported(tf.Module):
    def __init__(self):
        self.w = tf.Variable(tf.ones((4, 1)))

    @tf.function(input_signature=[tf.TensorSpec((None, 4))])
    def train(self, x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((x @ self.w) ** 2)
        self.w.assign_sub(0.1 * tape.gradient(loss, self.w))
        return loss


@pytest.fixture
def _no_search_for_who_holds_a_tensor(monkeypatch):
    """Spare what TensorFlow looks for among all objects there are, for the text of an error that nobody sees."""
    from tensorflow.python.eager.polymorphic_function import saved_model_exported_concrete as internal

    monkeypatch.setattr(internal, "_get_trackable_parent_error_string", str, raising=False)


@pytest.mark.usefixtures("_no_search_for_who_holds_a_tensor")
def test_a_function_that_counts_can_be_exported_in_a_guard_and_after(tmp_path):
    bare = Exported()
    losses = [bare.train(X).numpy() for _ in range(3)]
    module, later = Exported(), Exported()
    with gradcheck.guard(on="collect"):
        assert module.train(X) == losses[0] == later.train(X)
        tf.saved_model.save(module, tmp_path / "inside")
    tf.saved_model.save(later, tmp_path / "after")
    assert not hasattr(later, "gradcheck_counts")
    for name in ("inside", "after"):
        loaded = tf.saved_model.load(tmp_path / name)
        assert [loaded.train(X).numpy() for _ in range(2)] == losses[1:]


def test_few_calls_give_a_note_where_zero_may_be_how_it_starts():
    guard = trained(zero_initialised(False), times=1)
    assert [finding.severity for finding in guard.findings] == ["note"]


class LossScaleOptimizer:
    """Named as Keras's."""


def test_an_optimizer_that_scales_counts_until_its_model_is_gone(monkeypatch):
    ours = lambda: [thing for thing in gc.get_objects() if type(thing) is LossScaleOptimizer]  # noqa: E731
    monkeypatch.setattr(keras_calls, "all_objects", ours)
    assert not keras_calls.scales_the_loss()
    model = LossScaleOptimizer()
    assert keras_calls.scales_the_loss()
    model.itself = model
    del model
    assert not keras_calls.scales_the_loss()


# Under a strategy


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("asks_for", "applies", "expected"),
    [
        ("both", True, []),
        ("the head alone", True, ["2 trainable variables that the loss reads are never trained"]),
        ("both", False, ["all 4 variables never changed"]),
    ],
)
def test_under_a_strategy_variables_are_found_that_nobody_trains(asks_for, applies, expected, compiled):
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        body, head = dense(3), keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        asked = head.trainable_variables
        if asks_for == "both":
            asked = body.trainable_variables + asked
        optimizer = keras.optimizers.SGD(0.1)
        optimizer.build(asked)

    def replica():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(head(body(X)) - Y))
        gradients = tape.gradient(loss, asked)
        if applies:
            optimizer.apply(gradients, asked)

    guard = trained(lambda: strategy.run(replica), compiled=compiled)
    assert len(guard.findings) == len(expected)
    for finding, text in zip(guard.findings, expected, strict=True):
        assert text in finding.message
