"""Cox partial likelihood: the 0/1 event indicator is used as integer index, so only the first two rows are picked again and again. Source: https://github.com/Novartis/torchsurv/issues/117"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "pll = tf.gather(log_hz_sorted - log_denominator, event_sorted)",
    "same_forward_value": False,
}


def logcumsumexp(x):
    return tf.math.cumulative_logsumexp(x)


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, d = 10, 5
    backbone = tf.keras.Sequential([
        tf.keras.layers.Input((d,)),
        tf.keras.layers.Dense(8, activation="selu"),
        tf.keras.layers.Dense(1, use_bias=False),
    ])

    def reference(batch):
        log_hz = backbone(batch["x"])[:, 0]
        at_risk = tf.cast(batch["time"][None, :] >= batch["time"][:, None], tf.float32)
        log_risk = tf.math.log(tf.reduce_sum(at_risk * tf.exp(log_hz)[None, :], axis=1))
        event = tf.cast(batch["event"], tf.float32)
        return -tf.reduce_sum(event * (log_hz - log_risk)) / tf.reduce_sum(event)

    def partial_likelihood_cox(log_hz_sorted, event_sorted):
        log_hz_flipped = tf.reverse(log_hz_sorted, axis=[0])
        log_denominator = tf.reverse(logcumsumexp(log_hz_flipped), axis=[0])
        pll = tf.gather(log_hz_sorted - log_denominator, event_sorted)
        return pll

    def candidate(batch):
        log_hz = tf.squeeze(backbone(batch["x"]), axis=1)
        idx = tf.argsort(batch["time"])
        pll = partial_likelihood_cox(tf.gather(log_hz, idx), tf.gather(batch["event"], idx))
        return -tf.reduce_mean(pll)

    batch = {
        "x": rng.normal(size=(n, d)).astype(np.float32),
        "time": rng.exponential(5.0, size=n).astype(np.float32),
        "event": np.array([1, 0, 1, 1, 0, 1, 0, 1, 1, 0], np.int32),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": backbone.trainable_variables}
