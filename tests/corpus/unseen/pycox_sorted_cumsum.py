"""DeepSurv loss in pycox: the cumulative sum over the samples sorted by duration was suspected to be another thing than the sum over the risk sets; without ties it is the same. Source: https://github.com/havakv/pycox/issues/27"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def cox_ph_loss_sorted(log_h, events, eps=1e-7):
    events = tf.reshape(events, [-1])
    log_h = tf.reshape(log_h, [-1])
    gamma = tf.reduce_max(log_h)
    log_cumsum_h = tf.math.log(tf.cumsum(tf.exp(log_h - gamma)) + eps) + gamma
    return -tf.reduce_sum((log_h - log_cumsum_h) * events) / tf.reduce_sum(events)


def cox_ph_loss(log_h, durations, events):
    idx = tf.argsort(durations, direction="DESCENDING")
    return cox_ph_loss_sorted(tf.gather(log_h, idx), tf.gather(events, idx))


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, d = 11, 6
    net = tf.keras.Sequential([
        tf.keras.layers.Input((d,)),
        tf.keras.layers.Dense(10, activation="relu"),
        tf.keras.layers.Dense(10, activation="relu"),
        tf.keras.layers.Dense(1, use_bias=False),
    ])

    def reference(batch):
        log_h = net(batch["x"])[:, 0]
        terms = []
        for i in range(n):
            at_risk = tf.boolean_mask(log_h, batch["durations"] >= batch["durations"][i])
            terms.append(batch["events"][i] * (tf.reduce_logsumexp(at_risk) - log_h[i]))
        return tf.add_n(terms) / tf.reduce_sum(batch["events"])

    def candidate(batch):
        log_h = net(batch["x"])
        return cox_ph_loss(log_h, batch["durations"], batch["events"])

    batch = {
        "x": rng.normal(size=(n, d)).astype(np.float32),
        "durations": rng.permutation(np.arange(1, n + 1)).astype(np.float32),
        "events": (rng.uniform(size=n) < 0.7).astype(np.float32),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": net.trainable_variables}
