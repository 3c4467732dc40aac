"""DeepHit log-likelihood: the censored samples use the mask of the event bin (probability of failing then) instead of the mask of all later bins.

Source (real): https://github.com/chl8856/DeepHit/issues/9
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'surv = tf.reduce_sum(b["mask_event"] * out, axis=1, keepdims=True)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, bins = 14, 4, 6, 6
    w1 = tf.Variable(rng.normal(0, 0.6, (d, h)), name="w1", dtype=tf.float32)
    w2 = tf.Variable(rng.normal(0, 0.6, (h, bins)), name="w2", dtype=tf.float32)
    t = rng.integers(0, bins - 1, n)
    k = (rng.uniform(size=n) < 0.5).astype(np.float32)
    k[:4] = [1, 0, 1, 0]
    at = np.eye(bins)[t]
    later = (np.arange(bins)[None] > t[:, None]).astype(np.float32)
    batch = {
        "x": rng.normal(size=(n, d)).astype(np.float32),
        "t": t.astype(np.int32),
        "k": k[:, None],
        "mask_event": at.astype(np.float32),
        "mask_later": later,
    }
    eps = 1e-8

    def pmf(x):
        return tf.nn.softmax(tf.nn.elu(x @ w1) @ w2, axis=-1)

    def l2():
        return 1e-3 * (tf.nn.l2_loss(w1) + tf.nn.l2_loss(w2))

    def reference(b):
        out = pmf(b["x"])
        cdf = tf.cumsum(out, axis=1)
        ll = []
        for i in range(n):
            ti = b["t"][i]
            died = tf.math.log(out[i, ti] + eps)
            lived = tf.math.log(1.0 - cdf[i, ti] + eps)
            ki = b["k"][i, 0]
            ll.append(ki * died + (1.0 - ki) * lived)
        return -tf.reduce_mean(tf.stack(ll)) + l2()

    def candidate(b):
        out = pmf(b["x"])
        i_1 = b["k"]
        fail = tf.reduce_sum(b["mask_event"] * out, axis=1, keepdims=True)
        tmp1 = i_1 * tf.math.log(fail + eps)
        # censored: log P(T > t | x)
        surv = tf.reduce_sum(b["mask_event"] * out, axis=1, keepdims=True)
        tmp2 = (1.0 - i_1) * tf.math.log(surv + eps)
        return -tf.reduce_mean(tmp1 + 1.0 * tmp2) + l2()

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
