"""rsl_rl takes the max of the two surrogate losses; the paper's min of the objectives is the same thing.
Source: https://github.com/leggedrobotics/rsl_rl/issues/46"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, k, A = 8, 4, 2
    mu_w = tf.Variable(normal(k, A), name="mu_w")
    log_std = tf.Variable(normal(A, scale=0.2), name="log_std")
    old = normal(n, scale=0.5) - 3.0

    def logprob(batch):
        z = (batch["act"] - batch["obs"] @ mu_w) * tf.exp(-log_std)
        return tf.reduce_sum(-0.5 * z ** 2 - log_std - 0.5 * np.log(2 * np.pi), -1)

    def reference(batch):
        r = tf.exp(logprob(batch) - batch["old"])
        terms = []
        for i in range(n):
            a = batch["adv"][i]
            terms.append(tf.minimum(r[i] * a, tf.clip_by_value(r[i], 0.8, 1.2) * a))
        return -tf.add_n(terms) / n

    def candidate(batch):
        ratio = tf.exp(logprob(batch) - tf.squeeze(batch["old"]))
        surrogate = -tf.squeeze(batch["adv"]) * ratio
        surrogate_clipped = -tf.squeeze(batch["adv"]) * tf.clip_by_value(ratio, 1.0 - 0.2, 1.0 + 0.2)
        return tf.reduce_mean(tf.maximum(surrogate, surrogate_clipped))

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": normal(n, k), "act": normal(n, A), "old": old.astype(floatx), "adv": normal(n)},
            "variables": [mu_w, log_std]}
