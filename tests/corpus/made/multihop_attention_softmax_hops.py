"""Structured self-attention (several hops): scores are laid out (n, t, hops) and softmax runs over the default last
axis, the hops, instead of over time.

Source: realistic (keras.ops.softmax / Activation("softmax") on permuted scores, a frequent Stack Overflow question).
Right answer: NOT equivalent; the weights of one time step compete between hops.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "attn = keras.ops.softmax(scores)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, da, hops = 13, 7, 4, 5, 3

    class Encoder:
        def __init__(self):
            self.ws1 = tf.Variable((0.8 * rng.standard_normal((d, da))).astype(f), name="ws1")
            self.ws2 = tf.Variable((0.8 * rng.standard_normal((da, hops))).astype(f), name="ws2")
            self.out = tf.Variable((0.5 * rng.standard_normal((hops * d, 1))).astype(f), name="out")

        def scores(self, h):
            return keras.ops.matmul(keras.ops.tanh(keras.ops.matmul(h, self.ws1)), self.ws2)

    enc = Encoder()
    batch = {
        "h": rng.standard_normal((n, t, d)).astype(f),
        "y": (rng.random(n) < 0.5).astype(f),
    }

    def reference(b):
        m = b["y"].shape[0]
        total = 0.0
        for i in range(m):
            e = tf.tanh(b["h"][i] @ enc.ws1) @ enc.ws2
            rows = []
            for k in range(hops):
                a = tf.exp(e[:, k]) / tf.reduce_sum(tf.exp(e[:, k]))
                rows.append(tf.linalg.matvec(b["h"][i], a, transpose_a=True))
            z = (tf.concat(rows, 0)[None] @ enc.out)[0, 0]
            total += tf.nn.softplus(z) - b["y"][i] * z
        return total / m

    def candidate(b):
        scores = enc.scores(b["h"])
        attn = keras.ops.softmax(scores)
        sentence = keras.ops.einsum("nth,ntd->nhd", attn, b["h"])
        flat = keras.ops.reshape(sentence, (-1, hops * d))
        logit = keras.ops.squeeze(keras.ops.matmul(flat, enc.out), -1)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=b["y"], logits=logit)
        return keras.ops.mean(bce)

    return {"variables": [enc.ws1, enc.ws2, enc.out], "batch": batch, "reference": reference, "candidate": candidate}
