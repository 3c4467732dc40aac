"""What a call leaves to None or to a flag is told, where that repairs the candidate: weights, a mask."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck

pytestmark = pytest.mark.usefixtures("as_much_work_as_by_default")

DRAW = np.random.default_rng(0)
N, T, D = 6, 5, 3
X = DRAW.normal(size=(N, T, D)).astype("float32")
Y = (DRAW.normal(size=N) > 0).astype("float32")
WEIGHT = DRAW.uniform(0.5, 2.0, size=N).astype("float32")
KEPT = np.arange(T)[None] < np.array([5, 3, 4, 2, 5, 1])[:, None]
W = tf.Variable(DRAW.normal(size=(D, D)).astype("float32"), name="w")


def report(reference, candidate, variables=(W,)):
    batch = {"x": X, "y": Y, "weight": WEIGHT, "kept": KEPT}
    return gradcheck.diff(
        gradcheck.Case(reference=reference, candidate=candidate, batch=batch, variables=list(variables))
    )


def fix_of(found):
    return next((one.fix.text for one in found.findings if one.fix is not None), None)


def scores(x):
    return tf.reduce_mean(x @ W, axis=[1, 2])


def squares(x):
    return tf.reduce_sum(tf.square(x @ W), axis=-1)


class Agent:
    """Keeps a loss, as an object of a class of the user's own."""

    def __init__(self):
        self.criterion = keras.losses.MeanSquaredError()

    @property
    def loss(self):
        raise AssertionError("nobody asked for it")

    def weighed(self, x, y):
        return self.criterion(y[:, None], scores(x)[:, None])


AGENT = Agent()


def weighed(x, y, weight, kept):
    return tf.reduce_mean(weight * tf.square(scores(x) - y))


def not_weighed(x, y, weight, kept):
    predicted = scores(x)
    return AGENT.criterion(y[:, None], predicted[:, None])


def mean_of_valid(values, mask=None):
    if mask is None:
        return tf.reduce_mean(values)
    held = tf.cast(mask, values.dtype)
    return tf.reduce_sum(values * held) / tf.reduce_sum(held)


def one_by_one(x, y, weight, kept):
    found = [tf.reduce_sum(squares(x[i, j][None])) for i in range(len(x)) for j in range(T) if kept[i, j]]
    return tf.add_n(found) / len(found)


def of_all(x, y, weight, kept):
    return mean_of_valid(squares(x))


def of_none(x, y, weight, kept):
    return mean_of_valid(squares(x), mask=None)


def of_logits(x, y, weight, kept):
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y, scores(x)))


def of_probabilities(x, y, weight, kept):
    predicted = scores(x)
    return keras.losses.BinaryCrossentropy()(y, predicted)


def near_by_half(x, y, weight, kept):
    apart = tf.abs(scores(x) - y)
    return tf.reduce_mean(tf.where(apart <= 0.375, tf.square(apart) / 2, 0.375 * (apart - 0.1875)))


def near_by_one(x, y, weight, kept):
    predicted = scores(x)
    return keras.losses.Huber()(y, predicted)


LEFT_OUT = {
    "a number of a class": (near_by_half, near_by_one, "keras.losses.Huber(delta=0.375)"),
    "weights": (
        weighed,
        not_weighed,
        "AGENT.criterion(y[:, None], predicted[:, None], sample_weight=weight)",
    ),
    "a mask": (one_by_one, of_all, "mean_of_valid(squares(x), mask=kept)"),
    "a mask that is None": (one_by_one, of_none, "mean_of_valid(squares(x), mask=kept)"),
    "a flag of a class": (of_logits, of_probabilities, "keras.losses.BinaryCrossentropy(from_logits=True)"),
}


@pytest.mark.parametrize("what", LEFT_OUT)
def test_what_a_call_leaves_out_is_told(what):
    reference, candidate, text = LEFT_OUT[what]
    assert fix_of(report(reference, candidate)) == text


@pytest.mark.parametrize("what", LEFT_OUT)
def test_the_twin_with_another_mistake_is_told_nothing(what):
    reference, candidate, _ = LEFT_OUT[what]

    def otherwise(**batch):
        return reference(**batch) + tf.reduce_sum(tf.sin(3.0 * W) ** 3)

    text = fix_of(report(otherwise, candidate))
    assert text is None or not any(name in text for name in ("weight=", "mask=", "from_logits", "delta"))


def test_layers_are_told_what_counts_and_how_they_run():
    pooled, normalized = keras.layers.GlobalAveragePooling1D(), keras.layers.BatchNormalization()
    normalized.build((None, T, D))

    def by_row(x, y, weight, kept):
        rows = [tf.reduce_mean(tf.boolean_mask(x[i] @ W, kept[i]), axis=0) for i in range(len(x))]
        return tf.reduce_mean(tf.square(tf.stack(rows)))

    def of_all_steps(x, y, weight, kept):
        means = pooled(x @ W)
        return tf.reduce_mean(tf.square(means))

    def by_hand(x, y, weight, kept):
        mean, variance = tf.nn.moments(x @ W, axes=[0, 1])
        scale, shift = normalized.gamma, normalized.beta
        whole = tf.nn.batch_normalization(x @ W, mean, variance, shift, scale, normalized.epsilon)
        return tf.reduce_mean(whole**4)

    def as_in_use(x, y, weight, kept):
        whole = normalized(x @ W)
        return tf.reduce_mean(whole**4)

    assert fix_of(report(by_row, of_all_steps)) == "pooled(x @ W, mask=kept)"
    assert fix_of(report(by_hand, as_in_use)) == "normalized(x @ W, training=True)"
