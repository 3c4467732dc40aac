"""Right: masking after the softmax and renormalising gives the same weights as masking the scores before it.

Source (real): https://github.com/abisee/pointer-generator/issues/88
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, L, d = 8, 6, 4
    w_h, w_s, v_a = var("w_h", d, 5), var("w_s", d, 5), var("v", 5)
    w_y = var("w_y", d, 4)
    lens = rng.integers(2, L + 1, size=(n,))
    batch = {
        "enc": arr(n, L, d),
        "state": arr(n, d),
        "mask": (np.arange(L)[None] < lens[:, None]).astype("float32"),
        "target": rng.integers(0, 4, size=(n,)),
    }

    def energy(b):
        feat = b["enc"] @ w_h + (b["state"] @ w_s)[:, None, :]
        return tf.reduce_sum(v_a * tf.tanh(feat), axis=2)

    def nll(attn, b):
        ctx = tf.reduce_sum(attn[:, :, None] * b["enc"], axis=1)
        logp = tf.nn.log_softmax(ctx @ w_y)
        return -tf.reduce_mean(tf.gather(logp, b["target"], batch_dims=1))

    def reference(b):
        e = tf.where(b["mask"] > 0, energy(b), -1e9)
        return nll(tf.nn.softmax(e), b)

    def candidate(b):
        attn_dist = tf.nn.softmax(energy(b))
        attn_dist *= b["mask"]
        masked_sums = tf.reduce_sum(attn_dist, axis=1)
        return nll(attn_dist / tf.reshape(masked_sums, [-1, 1]), b)

    return {"variables": [w_h, w_s, v_a, w_y], "batch": batch, "reference": reference, "candidate": candidate}
