"""Dueling network: the loop over the hidden layers of the advantage stream goes on from the last value layer, not from the shared one.

Source (real): https://github.com/carpedm20/deep-rl-tensorflow/issues/6 (TensorFlow 1, network.py; "a huge bug", mended).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "adv_layer = layer",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, width, acts = 24, 5, 6, 3

    def weight(name, *s):
        return tf.Variable((0.7 * rng.standard_normal(s)).astype(f), name=name)

    shared = weight("l1_w", d, width)
    value_hidden = [weight("value_h0", width, width)]
    value_out = weight("value_out", width, 1)
    adv_hidden = [weight("adv_h0", width, width)]
    adv_out = weight("adv_out", width, acts)
    batch = {
        "s_t": rng.standard_normal((n, d)).astype(f),
        "action": rng.integers(0, acts, n),
        "target": rng.standard_normal(n).astype(f),
    }

    class Stream:
        def __init__(self, hidden, out):
            self.hidden, self.out = hidden, out

        def __call__(self, x):
            for w in self.hidden:
                x = keras.activations.relu(tf.matmul(x, w))
            return tf.matmul(x, self.out)

    def reference(b):
        trunk = keras.activations.relu(tf.matmul(b["s_t"], shared))
        state_value, advantages = Stream(value_hidden, value_out)(trunk), Stream(adv_hidden, adv_out)(trunk)
        centred = advantages - tf.reduce_mean(advantages, axis=1, keepdims=True)
        q = tf.gather(state_value + centred, b["action"], batch_dims=1)
        return tf.reduce_mean((q - b["target"]) ** 2)

    def candidate(b):
        common = tf.nn.relu(tf.matmul(b["s_t"], shared))
        layer = common
        for w in value_hidden:
            layer = tf.nn.relu(tf.matmul(layer, w))
        value = layer @ value_out
        adv_layer = layer
        for w in adv_hidden:
            adv_layer = tf.nn.relu(tf.matmul(adv_layer, w))
        adv = adv_layer @ adv_out
        outputs = value + (adv - tf.reduce_mean(adv, 1, keepdims=True))
        pred = tf.reduce_sum(outputs * tf.one_hot(b["action"], acts, dtype=outputs.dtype), 1)
        return tf.reduce_mean(tf.square(b["target"] - pred))

    variables = [shared, *value_hidden, value_out, *adv_hidden, adv_out]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
