"""MDN-RNN reward head: EM surrogate with detached responsibilities and a (n, 1) - (n, K) difference.

Source (realistic): "World Models" mixture-density heads; people replace -log sum exp by the expected complete-data
log-likelihood, which looks like a forgotten gradient and an accidental broadcast.
Right answer: EQUIVALENT gradients (Fisher's identity), DIFFERENT value; every component is meant to see the same target.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


class MixtureHead(keras.layers.Layer):
    def __init__(self, k, **kw):
        super().__init__(**kw)
        self.k = k

    def build(self, shape):
        self.mix = self.add_weight(name="mix", shape=(shape[-1], self.k))
        self.mean = self.add_weight(name="mean", shape=(shape[-1], self.k))
        self.log_std = self.add_weight(name="log_std", shape=(self.k,))
        self.built = True

    def call(self, h, y):
        z = (y - h @ self.mean) * tf.exp(-self.log_std)
        return tf.nn.log_softmax(h @ self.mix) - 0.5 * z**2 - self.log_std - 0.5 * np.log(2 * np.pi)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, k = 24, 5, 3
    head = MixtureHead(k, name="mdn", dtype=f)
    head.build((None, d))
    head.set_weights([0.5 * rng.standard_normal(p.shape) for p in head.get_weights()])
    batch = {"h": rng.standard_normal((n, d)).astype(f), "y": rng.standard_normal((n, 1)).astype(f)}

    def reference(b):
        m = b["y"].shape[0]
        total = 0.0
        for i in range(m):
            joint = head(b["h"][i : i + 1], b["y"][i : i + 1])[0]
            total -= tf.math.log(sum(tf.exp(joint[j]) for j in range(k)))
        return total / m

    def candidate(b):
        joint = head(b["h"], b["y"])
        resp = tf.stop_gradient(tf.nn.softmax(joint, axis=-1))
        return -tf.reduce_sum(resp * joint) / tf.cast(tf.shape(joint)[0], joint.dtype)

    return {
        "variables": head.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
