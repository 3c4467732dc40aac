"""Contrastive loss for a neural posterior: the normaliser sums over the contrastive samples but leaves out the true one.

Source (real): https://github.com/danielward27/flowjax/pull/164 (JAX, ported).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "normalizer = tf.reduce_logsumexp(contrastive_logits, axis=0)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, p, d, n_contrastive = 17, 2, 3, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    loc_w = tf.Variable(0.5 * arr(d, p), name="loc_w")
    loc_b = tf.Variable(0.2 * arr(p), name="loc_b")
    log_scale = tf.Variable(0.2 * arr(p), name="log_scale")
    idx = np.stack([rng.choice(np.delete(np.arange(n), i), n_contrastive, replace=False) for i in range(n)])
    theta = arr(n, p)
    batch = {"x": theta, "condition": (theta @ arr(p, d) + 0.3 * arr(n, d)).astype(f), "contrastive_idxs": idx}

    def log_prob(x, condition):
        loc = condition @ loc_w + loc_b
        z = (x - loc) * tf.exp(-log_scale)
        return tf.reduce_sum(-0.5 * z ** 2 - log_scale - 0.5 * np.log(2 * np.pi), axis=-1)

    def prior_log_prob(x):
        return tf.reduce_sum(-0.5 * (x / 2.0) ** 2 - np.log(2.0) - 0.5 * np.log(2 * np.pi), axis=-1)

    def reference(b):
        total = 0.0
        m = b["x"].shape[0]
        for i in range(m):
            members = [i] + [int(j) for j in b["contrastive_idxs"][i]]
            thetas = tf.gather(b["x"], members)
            cond = tf.repeat(b["condition"][i:i + 1], len(members), axis=0)
            logits = log_prob(thetas, cond) - prior_log_prob(thetas)
            total -= tf.nn.log_softmax(logits)[0]
        return total / m

    def candidate(b):
        def single_x_loss(x_i, condition_i, contrastive_idxs):
            positive_logit = log_prob(x_i, condition_i) - prior_log_prob(x_i)
            contrastive = tf.gather(b["x"], contrastive_idxs)
            contrastive_logits = log_prob(contrastive, condition_i) - prior_log_prob(contrastive)
            normalizer = tf.reduce_logsumexp(contrastive_logits, axis=0)
            return -(positive_logit - normalizer)

        losses = tf.vectorized_map(
            lambda args: single_x_loss(args[0], args[1][None, :], args[2]),
            (b["x"], b["condition"], b["contrastive_idxs"]))
        return tf.reduce_mean(losses)

    return {"variables": [loc_w, loc_b, log_scale], "batch": batch, "reference": reference, "candidate": candidate}
