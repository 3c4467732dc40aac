"""Generator trained through relaxed samples: a stop_gradient on the sample leaves it only the entropy term.

Source (real): https://github.com/asyml/texar/issues/65 (TensorFlow; "actions = tf.stop_gradient(actions) will stop the
gradient flowing to the network which generates the samples").
Right answer: NOT equivalent; same loss value, the discriminator's message never reaches the generator.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "samples = tf.stop_gradient(samples)",
    "same_forward_value": True,
}

_TAU, _BETA = 0.8, 0.02


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, vocab, emb = 21, 5, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    gen = keras.layers.Dense(vocab, name="generator", dtype=f)
    gen.build((None, d))
    gen.set_weights([0.6 * arr(*p.shape) for p in gen.get_weights()])
    table, judge = tf.constant(arr(vocab, emb)), tf.constant(arr(emb, 1))
    batch = {"x": arr(n, d), "gumbel": rng.gumbel(size=(n, vocab)).astype(f)}

    def discriminator(s):
        return tf.squeeze(tf.tanh(s @ table) @ judge, 1)

    def negative_entropy(logits):
        return tf.reduce_mean(tf.reduce_sum(tf.nn.softmax(logits) * tf.nn.log_softmax(logits), axis=1))

    def reference(b):
        logits = gen(b["x"])
        m = logits.shape[0]
        total = 0.0
        for i in range(m):
            soft = tf.exp((logits[i] + b["gumbel"][i]) / _TAU)
            soft /= tf.reduce_sum(soft)
            total += tf.nn.softplus(-discriminator(soft[None])[0])
        return total / m + _BETA * negative_entropy(logits)

    def candidate(b):
        logits = gen(b["x"])
        samples = tf.nn.softmax((logits + b["gumbel"]) / _TAU)
        samples = tf.stop_gradient(samples)
        fooled = tf.nn.softplus(-discriminator(samples))
        return tf.reduce_mean(fooled) + _BETA * negative_entropy(logits)

    return {
        "variables": gen.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
