"""SimCLR NT-Xent: (2n, 2n) similarities, the diagonal pushed to -1e9, log-sum-exp by hand with a stopped maximum.

Origin: realistic (the LARGE_NUM trick of google-research/simclr, with a hand-written log-sum-exp).
Right answer: EQUIVALENT; exp(-1e9) is exactly zero and shifting by a constant does not change the log-sum-exp.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

LARGE_NUM = 1e9
TAU = 0.4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, e = 14, 6, 4
    proj = keras.layers.Dense(e, activation="tanh", name="projection", dtype=f)
    proj.build((None, d))
    proj.set_weights([0.6 * rng.standard_normal(p.shape).astype(f) for p in proj.get_weights()])
    x = rng.standard_normal((n, d))
    batch = {
        "view_a": (x + 0.4 * rng.standard_normal((n, d))).astype(f),
        "view_b": (x + 0.4 * rng.standard_normal((n, d))).astype(f),
    }

    def reference(b):
        m = b["view_a"].shape[0]
        za, zb = proj(b["view_a"]), proj(b["view_b"])
        z = [za[i] / tf.norm(za[i]) for i in range(m)] + [zb[i] / tf.norm(zb[i]) for i in range(m)]
        total = 0.0
        for i in range(2 * m):
            rest = [j for j in range(2 * m) if j != i]
            s = tf.linalg.matvec(tf.stack([z[j] for j in rest]), z[i]) / TAU
            total -= tf.nn.log_softmax(s)[rest.index((i + m) % (2 * m))]
        return total / (2 * m)

    @tf.function
    def candidate(b):
        hidden = tf.concat([proj(b["view_a"]), proj(b["view_b"])], axis=0)
        hidden = tf.math.l2_normalize(hidden, -1)
        size = tf.shape(hidden)[0]
        sim = tf.matmul(hidden, hidden, transpose_b=True) / TAU
        sim = sim - tf.eye(size, dtype=sim.dtype) * LARGE_NUM
        shift = tf.stop_gradient(tf.reduce_max(sim, axis=1, keepdims=True))
        log_z = tf.squeeze(shift, 1) + tf.math.log(tf.reduce_sum(tf.exp(sim - shift), axis=1))
        partner = tf.roll(tf.range(size), shift=size // 2, axis=0)
        pos = tf.gather_nd(sim, tf.stack([tf.range(size), partner], axis=1))
        return tf.reduce_mean(log_z - pos)

    return {"variables": proj.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
