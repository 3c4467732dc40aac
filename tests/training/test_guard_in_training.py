"""Public training scripts in their essentials: silent when right, and the expression named when wrong.

The scripts are those of the Keras documentation (`fit` with a loss of one's own, `train_step`, actor-critic)
and of cleanrl (DQN); the mistakes are those of the corpus.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck


def dense(*units):
    return keras.Sequential([keras.Input((4,)), *(keras.layers.Dense(each) for each in units)])


def data(samples=24):
    random = np.random.default_rng(0)
    return random.normal(size=(samples, 4)).astype("float32"), random.normal(size=samples).astype("float32")


# 1. `fit`, with a loss of one's own, on Dense(1)


def mse_of_columns(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred))


def mse_of_a_column_and_a_row(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred[:, 0]))


def fit(loss, **how):
    model = dense(1)
    x, y = data()
    model.compile(optimizer="sgd", loss=loss, **how)
    model.fit(x, y[:, None], epochs=2, batch_size=8, verbose=0)
    return model


# 2. A `train_step` of one's own, that a fit calls


class Weighted(keras.Model):
    """Weighs the error of each sample."""

    weighs_rightly = True

    def __init__(self):
        super().__init__()
        self.layer = keras.layers.Dense(1)

    def call(self, x):
        return self.layer(x)

    def train_step(self, batch):
        x, y, weight = batch
        with tf.GradientTape() as tape:
            error = y - self(x, training=True)
            if self.weighs_rightly:
                weight = weight[:, None]
            loss = tf.reduce_mean(weight * tf.square(error))
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return {"loss": loss}


class WronglyWeighted(Weighted):
    """Weighs the error of each sample by the weights of all."""

    weighs_rightly = False


def train_step(model):
    x, y = data()
    model.compile(optimizer="sgd")
    model.fit(x, y[:, None], sample_weight=np.abs(y), epochs=2, batch_size=8, verbose=0)


# 3. Actor and critic, by hand


def actor_critic(advantages_of):
    random = np.random.default_rng(0)
    body, actor, critic = dense(8), keras.layers.Dense(2), keras.layers.Dense(1)
    optimizer = keras.optimizers.SGD(0.01)
    for _ in range(2):
        states, rewards = data()
        actions = random.integers(2, size=len(rewards))
        with tf.GradientTape() as tape:
            features = body(states)
            log_probs = tf.nn.log_softmax(actor(features))
            taken = tf.gather(log_probs, actions, batch_dims=1)
            advantages = advantages_of(rewards, critic(features))
            actor_loss = -tf.reduce_mean(tf.stop_gradient(advantages) * taken)
            entropy = -tf.reduce_mean(tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=1))
            loss = actor_loss + tf.reduce_mean(advantages**2) - 0.01 * entropy
        variables = [v for part in (body, actor, critic) for v in part.trainable_variables]
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))


def squeezed(rewards, values):
    return rewards - tf.squeeze(values, axis=1)


def not_squeezed(rewards, values):
    return rewards - values


# 4. DQN: replayed transitions, a target network, a step that is a function


def dqn(target_of):
    online, target = dense(8, 2), dense(8, 2)
    optimizer = keras.optimizers.SGD(0.01)
    states, rewards = data(100)
    replay = {
        "states": states,
        "actions": np.arange(100) % 2,
        "rewards": rewards[:, None],
        "next_states": states[::-1].copy(),
        "dones": (rewards > 1)[:, None].astype("float32"),
    }

    @tf.function
    def step(states, actions, rewards, next_states, dones):
        targets = target_of(rewards, dones, target(next_states))
        with tf.GradientTape() as tape:
            chosen = tf.reduce_sum(online(states) * tf.one_hot(actions, 2), axis=1)
            loss = tf.reduce_mean(tf.square(targets - chosen))
        variables = online.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    random = np.random.default_rng(0)
    for _ in range(3):
        rows = random.integers(100, size=16)
        step(**{name: tf.constant(array[rows]) for name, array in replay.items()})
        target.set_weights(online.get_weights())


def flat_targets(rewards, dones, next_q):
    return rewards[:, 0] + 0.99 * tf.reduce_max(next_q, axis=1) * (1.0 - dones[:, 0])


def targets_in_columns(rewards, dones, next_q):
    return rewards + 0.99 * tf.reduce_max(next_q, axis=1, keepdims=True) * (1.0 - dones)


SCRIPTS = {
    "fit": (lambda: fit(mse_of_columns), lambda: fit(mse_of_a_column_and_a_row), "y_true - y_pred[:, 0]"),
    "fit, eagerly": (
        lambda: fit(mse_of_columns, run_eagerly=True),
        lambda: fit(mse_of_a_column_and_a_row, run_eagerly=True),
        "y_true - y_pred[:, 0]",
    ),
    "train_step": (
        lambda: train_step(Weighted()),
        lambda: train_step(WronglyWeighted()),
        "weight * tf.square(error)",
    ),
    "actor-critic": (
        lambda: actor_critic(squeezed),
        lambda: actor_critic(not_squeezed),
        "rewards - values",
    ),
    "DQN": (lambda: dqn(flat_targets), lambda: dqn(targets_in_columns), "targets - chosen"),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_right_script_is_silent(name):
    right, _, _ = SCRIPTS[name]
    with gradcheck.guard(on="raise"):
        right()


@pytest.mark.parametrize("name", SCRIPTS)
def test_in_the_wrong_script_the_expression_is_named(name):
    _, wrong, expression = SCRIPTS[name]
    with gradcheck.guard(on="collect") as guard:
        wrong()
    assert [finding.span.text for finding in guard.findings] == [expression]


def test_the_twin_a_guard_that_sees_nothing_finds_nothing(monkeypatch):
    monkeypatch.setattr("gradcheck.execution.record.op_hook.add_hook", lambda hook: None)
    monkeypatch.setattr("gradcheck.execution.record.op_hook.remove_hook", lambda hook: None)
    with gradcheck.guard(on="collect") as guard:
        fit(mse_of_a_column_and_a_row)
        dqn(targets_in_columns)
    assert guard.findings == ()


def test_a_fit_is_traced_as_often_as_without_a_guard():
    seen = []

    def loss(y_true, y_pred):
        seen.append(tf.executing_eagerly())
        return mse_of_columns(y_true, y_pred)

    fit(loss)
    bare = list(seen)
    seen.clear()
    with gradcheck.guard():
        fit(loss)
    assert seen == bare and True not in seen


def test_it_raises_out_of_a_fit():
    with (
        pytest.raises(gradcheck.BroadcastError, match=r"y_true - y_pred\[:, 0\]"),
        gradcheck.guard(on="raise"),
    ):
        fit(mse_of_a_column_and_a_row)


@pytest.mark.parametrize("labels", [(6,), (6, 1)])
@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("written", ["sliced", "flattened", "right"])
def test_an_axis_that_keras_gives_to_labels_is_not_the_authors_wish(labels, eager, written):
    """Labels reach the loss as (n, 1), however they were given: a vector of predictions meets all of them."""
    losses = {
        "sliced": lambda y_true, y_pred: tf.reduce_mean((y_true - y_pred[:, 0]) ** 2),
        "flattened": lambda y_true, y_pred: tf.reduce_mean((tf.reshape(y_pred, [-1]) - y_true) ** 2),
        "right": lambda y_true, y_pred: tf.reduce_mean((y_true - y_pred) ** 2),
    }
    model = dense(1)
    model.compile(optimizer="sgd", loss=losses[written], run_eagerly=eager)
    with gradcheck.guard(on="collect") as guard:
        model.fit(np.ones((6, 4), "float32"), np.ones(labels, "float32"), verbose=0)
    assert len(guard.findings) == (0 if written == "right" else 1)
