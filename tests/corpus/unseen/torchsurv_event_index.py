"""Cox partial likelihood: the contributions are picked with the 0/1 event column as an index, so rows 0 and 1 are taken over and
over instead of the rows with an event. Source: https://github.com/Novartis/torchsurv/issues/117"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "return tf.gather(log_hz_sorted - log_denominator, event_sorted)",
    "same_forward_value": False,
}


def partial_likelihood_cox(log_hz_sorted, event_sorted):
    """Partial log likelihood in the absence of ties in event time."""
    log_hz_flipped = tf.reverse(log_hz_sorted, axis=[0])
    log_denominator = tf.reverse(tf.math.log(tf.math.cumsum(tf.exp(log_hz_flipped))), axis=[0])
    return tf.gather(log_hz_sorted - log_denominator, event_sorted)


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, d, h = 9, 6, 5
    x = rng.normal(size=(n, d)).astype("float32")
    time = rng.exponential(scale=3.0, size=n).astype("float32")
    event = np.array([1, 0, 1, 1, 0, 1, 0, 1, 1], "int32")
    rng.shuffle(event)
    w1 = tf.Variable(rng.normal(scale=0.5, size=(d, h)).astype("float32"))
    b1 = tf.Variable(rng.normal(scale=0.1, size=(h,)).astype("float32"))
    w2 = tf.Variable(rng.normal(scale=0.5, size=(h, 1)).astype("float32"))

    def log_hazard(batch):
        return tf.nn.relu(batch["x"] @ w1 + b1) @ w2

    def ridge():
        return 1e-3 * (tf.nn.l2_loss(w1) + tf.nn.l2_loss(w2))

    def reference(batch):
        log_hz = tf.squeeze(log_hazard(batch), -1)
        terms = []
        for i in range(n):
            at_risk = batch["time"] >= batch["time"][i]
            log_denom = tf.reduce_logsumexp(tf.boolean_mask(log_hz, at_risk))
            terms.append(tf.cast(batch["event"][i], tf.float32) * (log_hz[i] - log_denom))
        return -tf.add_n(terms) / tf.reduce_sum(tf.cast(batch["event"], tf.float32)) + ridge()

    def candidate(batch):
        log_hz = tf.squeeze(log_hazard(batch), -1)
        order = tf.argsort(batch["time"])
        pll = partial_likelihood_cox(tf.gather(log_hz, order), tf.gather(batch["event"], order))
        return -tf.reduce_mean(pll) + ridge()

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "time": time, "event": event},
            "variables": [w1, b1, w2]}
