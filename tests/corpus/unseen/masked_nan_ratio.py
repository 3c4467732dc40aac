"""PolicyLoss multiplies by the mask only after the ratio: an invalid value in a masked slot of old_log_probs (here -inf) makes it NaN.
Source: https://github.com/OpenRLHF/OpenRLHF/pull/1240"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "log_ratio = log_probs - old_log_probs",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, d, vocab, lo, hi = 3, 5, 5, 6, 0.2, 0.28
    head = keras.layers.Dense(vocab, name="lm_head")
    head.build((n, t, d))

    def reference(batch):
        lp = tf.nn.log_softmax(head(batch["h"]))
        lp = tf.gather(lp, batch["ids"], axis=2, batch_dims=2)
        keep = batch["action_mask"] > 0
        delta = tf.boolean_mask(lp, keep) - tf.boolean_mask(batch["old"], keep)
        adv = tf.boolean_mask(batch["adv"], keep)
        r = tf.exp(delta)
        return tf.reduce_mean(tf.maximum(-adv * r, -adv * tf.clip_by_value(r, 1 - lo, 1 + hi)))

    def candidate(batch):
        def masked_mean(tensor, mask):
            return tf.reduce_sum(tensor * mask) / tf.reduce_sum(mask)

        logits = head(batch["h"])
        log_probs = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["ids"], logits=logits)
        old_log_probs = batch["old"]
        advantages = batch["adv"]
        action_mask = batch["action_mask"]
        log_ratio = log_probs - old_log_probs
        ratio = tf.exp(log_ratio)
        surr1 = ratio * advantages
        surr2 = tf.clip_by_value(ratio, 1 - lo, 1 + hi) * advantages
        loss = -tf.minimum(surr1, surr2)
        return masked_mean(loss, action_mask)

    mask = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 1, 0, 0, 0.0]])
    old = np.where(mask > 0, -1.8 + 0.2 * rng.normal(size=(n, t)), -np.inf)
    return {"reference": reference, "candidate": candidate,
            "batch": {"h": rng.normal(size=(n, t, d)).astype(fx), "ids": rng.integers(0, vocab, size=(n, t)),
                      "old": old.astype(fx), "adv": rng.normal(size=(n, t)).astype(fx), "action_mask": mask.astype(fx)},
            "variables": head.trainable_variables}
