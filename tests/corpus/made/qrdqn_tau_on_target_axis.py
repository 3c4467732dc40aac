"""QR-DQN: the quantile fractions tau (q,) multiply the pairwise errors (n, q, q) and align with the target axis (last)
instead of the prediction axis.

Source: realistic (QR-DQN ports; in the reference implementations tau carries explicit singleton axes for this reason).
Right answer: NOT equivalent; each predicted quantile is trained with all fractions and drifts to the median.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "weight = tf.abs(tau - tf.cast(td < 0.0, td.dtype))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts, nq = 17, 5, 3, 6
    net = keras.Sequential(
        [
            keras.layers.Input((d,), dtype=f),
            keras.layers.Dense(8, activation="tanh", name="torso", dtype=f),
            keras.layers.Dense(acts * nq, name="quantile_head", dtype=f),
        ]
    )
    net.set_weights([0.6 * rng.standard_normal(p.shape).astype(f) for p in net.get_weights()])
    tau = tf.constant(((np.arange(nq) + 0.5) / nq).astype(f))
    batch = {
        "obs": rng.standard_normal((n, d)).astype(f),
        "act": rng.integers(0, acts, n).astype("int32"),
        "target_q": (1.5 * rng.standard_normal((n, nq))).astype(f),
    }

    def huber(u):
        return tf.where(tf.abs(u) <= 1.0, 0.5 * tf.square(u), tf.abs(u) - 0.5)

    def reference(b):
        m = b["act"].shape[0]
        total = 0.0
        for i in range(m):
            theta = tf.reshape(net(b["obs"][i : i + 1]), [acts, nq])[b["act"][i]]
            for k in range(nq):
                u = b["target_q"][i] - theta[k]
                w = tf.where(u < 0.0, 1.0 - tau[k], tau[k])
                total += tf.reduce_mean(w * huber(u))
        return total / m

    def candidate(b):
        quantiles = tf.reshape(net(b["obs"]), [-1, acts, nq])
        chosen = tf.gather(quantiles, b["act"], axis=1, batch_dims=1)
        td = b["target_q"][:, None, :] - chosen[:, :, None]
        weight = tf.abs(tau - tf.cast(td < 0.0, td.dtype))
        elem = weight * huber(td)
        return tf.reduce_mean(tf.reduce_sum(tf.reduce_mean(elem, axis=2), axis=1))

    return {"variables": net.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
