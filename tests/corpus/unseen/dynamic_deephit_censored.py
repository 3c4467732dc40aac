"""Dynamic-DeepHit: the censored part of the log likelihood uses the event mask, so it equals the uncensored part.
Source: https://github.com/chl8856/Dynamic-DeepHit/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "tmp2 = tf.reduce_sum(mask1 * out, axis=[1, 2])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d, events, horizon = 6, 4, 2, 5
    w = tf.Variable((0.7 * rng.normal(size=(d, events * horizon))).astype(fx), name="hit_w")
    b = tf.Variable((0.3 * rng.normal(size=(events * horizon,))).astype(fx), name="hit_b")
    k = np.array([0, 1, 2, 0, 1, 0])
    t = rng.integers(1, horizon - 1, n)
    mask1, mask2 = np.zeros((n, events, horizon)), np.ones((n, events, horizon))
    for i in range(n):
        if k[i] > 0:
            mask1[i, k[i] - 1, t[i]] = 1
        mask2[i] = (np.arange(horizon) <= t[i])
    mask1[k == 0, :, -1] = 1

    def reference(batch):
        p = tf.reshape(tf.nn.softmax(batch["x"] @ w + b), (n, events, horizon))
        total = 0.0
        for i in range(n):
            if k[i] > 0:
                total += tf.math.log(p[i, int(k[i]) - 1, int(t[i])] + 1e-8)
            else:
                total += tf.math.log(1.0 - tf.reduce_sum(p[i, :, :int(t[i]) + 1]) + 1e-8)
        return -total / n

    def candidate(batch):
        def log(v):
            return tf.math.log(v + 1e-8)

        logits = tf.nn.bias_add(tf.matmul(batch["x"], w), b)
        out = tf.reshape(tf.nn.softmax(logits, axis=-1), (-1, events, horizon))
        mask1, mask2 = batch["mask1"], batch["mask2"]
        tmp1 = tf.reduce_sum(mask1 * out, axis=[1, 2])
        I_1 = tf.sign(batch["k"])
        uncensored = I_1 * log(tmp1)
        tmp2 = tf.reduce_sum(mask1 * out, axis=[1, 2])
        censored = (1.0 - I_1) * log(1.0 - tmp2)
        return -tf.reduce_mean(uncensored + censored)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "k": k.astype(fx),
                      "mask1": mask1.astype(fx), "mask2": mask2.astype(fx)},
            "variables": [w, b]}
