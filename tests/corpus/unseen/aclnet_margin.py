"""ACLNet's intra-class loss multiplies the positive exponential by exp(-eps) where the paper divides the margin
by tau too; the authors say the code is right. Source: https://github.com/firework8/ACLNet/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, h, m = 6, 5, 4, 3
    enc = keras.layers.Dense(h, activation="tanh", name="enc")
    enc.build((None, d))
    tau, eps = 0.2, 0.5
    omega = float(np.exp(-eps))

    def reference(batch):
        z = tf.math.l2_normalize(enc(batch["x"]), axis=-1)
        proto = tf.math.l2_normalize(batch["prototypes"], axis=-1)
        total = 0.0
        for u in range(n):
            s = tf.linalg.matvec(proto, z[u]) / tau
            y = int(batch["label"][u])
            others = [s[v] for v in range(m) if v != y]
            total += tf.reduce_logsumexp(tf.stack([s[y] - eps] + others)) - s[y]
        return total

    def candidate(batch):
        feat = enc(batch["x"])
        feat = feat / tf.norm(feat, axis=1, keepdims=True)
        centre = batch["prototypes"] / tf.norm(batch["prototypes"], axis=1, keepdims=True)
        e = tf.exp(tf.matmul(feat, centre, transpose_b=True) / tau)
        hot = tf.one_hot(batch["label"], m, dtype=e.dtype)
        pos = tf.reduce_sum(e * hot, axis=1)
        neg = tf.reduce_sum(e * (1.0 - hot), axis=1)
        return -tf.reduce_sum(tf.math.log(pos / (omega * pos + neg)))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(fx),
                      "prototypes": rng.standard_normal((m, h)).astype(fx),
                      "label": rng.integers(0, m, n).astype("int32")},
            "variables": enc.trainable_variables}
