"""Entropy: softmax(log_probs) is said to be wrong and exp(log_probs) right; both give the same probabilities.
Source: https://github.com/google/tunix/pull/1387"""
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
    f = keras.config.floatx()
    n, t, d, actions, clip, coef = 4, 5, 4, 6, 0.2, 0.05
    w = tf.Variable(rng.standard_normal((d, actions)).astype(f), name="w")
    b = tf.Variable((0.1 * rng.standard_normal(actions)).astype(f), name="b")

    def reference(batch):
        logits = tf.tensordot(batch["h"], w, 1) + b
        p = tf.nn.softmax(logits)
        logp = tf.math.log(tf.gather(p, batch["tok"], batch_dims=2))
        entropy = tf.reduce_logsumexp(logits, -1) - tf.reduce_sum(p * logits, -1)
        r = tf.exp(logp - batch["old"])
        surr = tf.minimum(r * batch["adv"], tf.clip_by_value(r, 1 - clip, 1 + clip) * batch["adv"])
        return tf.reduce_sum(batch["mask"] * (-surr - coef * entropy)) / tf.reduce_sum(batch["mask"])

    def candidate(batch):
        def compute_entropy_from_logits(logits):
            log_probs = tf.nn.log_softmax(logits, axis=-1)
            probs = tf.nn.softmax(log_probs)
            return -tf.reduce_sum(probs * log_probs, axis=-1)

        def masked_mean(x):
            return tf.reduce_sum(x * batch["mask"]) / tf.reduce_sum(batch["mask"])

        logits = tf.matmul(batch["h"], tf.tile(w[None], (n, 1, 1))) + b
        token_entropy = compute_entropy_from_logits(logits)
        per_token_logps = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["tok"], logits=logits)
        ratio = tf.exp(per_token_logps - batch["old"])
        pg_losses_1 = -ratio * batch["adv"]
        pg_losses_2 = -tf.clip_by_value(ratio, 1 - clip, 1 + clip) * batch["adv"]
        return masked_mean(tf.maximum(pg_losses_1, pg_losses_2)) - coef * masked_mean(token_entropy)

    mask = (np.arange(t)[None] < np.array([2, 5, 4, 3])[:, None])
    return {"reference": reference, "candidate": candidate,
            "batch": {"h": rng.standard_normal((n, t, d)).astype(f),
                      "tok": rng.integers(0, actions, (n, t)).astype("int32"),
                      "old": (-1.9 + 0.3 * rng.standard_normal((n, t))).astype(f),
                      "adv": rng.standard_normal((n, t)).astype(f), "mask": mask.astype(f)},
            "variables": [w, b]}
