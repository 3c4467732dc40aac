"""The where that should blank the smoothed distribution of PAD tokens has its branches the wrong way round: only PAD tokens keep their targets.

Source (real): https://github.com/awslabs/sockeye/issues/200
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'dist = tf.where(ignore[:, None], dist, tf.zeros_like(dist))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d, V, alpha, PAD = 16, 5, 6, 0.2, 0
    w_h, w_o, b_o = var("w_h", d, 6), var("w_o", 6, V), var("b_o", V)
    lab = rng.integers(1, V, size=(n,))
    lab[rng.permutation(n)[:4]] = PAD
    batch = {"dec": arr(n, d), "label": lab}

    def logits_of(b):
        return tf.tanh(b["dec"] @ w_h) @ w_o + b_o

    def reference(b):
        logp = tf.nn.log_softmax(logits_of(b))
        num, den = 0.0, 0.0
        for i in range(n):
            valid = tf.cast(b["label"][i] != PAD, tf.float32)
            true = tf.gather(logp[i], b["label"][i])
            rest = tf.reduce_sum(logp[i]) - true
            num += valid * -((1 - alpha) * true + alpha / (V - 1) * rest)
            den += valid
        return num / den

    def candidate(b):
        pred = tf.nn.softmax(logits_of(b))
        ignore = tf.equal(b["label"], PAD)
        dist = tf.one_hot(b["label"], V, on_value=1.0 - alpha, off_value=alpha / (V - 1))
        dist = tf.where(ignore[:, None], dist, tf.zeros_like(dist))
        loss = -tf.reduce_sum(tf.math.log(pred + 1e-8) * dist, axis=1)
        return tf.reduce_sum(loss) / tf.reduce_sum(tf.cast(~ignore, tf.float32))

    return {"variables": [w_h, w_o, b_o], "batch": batch, "reference": reference, "candidate": candidate}
