"""TRL PPO: somebody believes that the ratio has to be detached. exp(logp - old) * adv carries the gradient of
detached_ratio * logp * adv already, so the loss without detach is right; only the value differs.
Source: https://github.com/huggingface/trl/issues/1720"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, v = 16, 7, 5, 6
    head = tf.Variable(rng.normal(size=(d, v)).astype(f) * 0.5, name="head")
    norm = tf.Variable(rng.uniform(0.5, 1.5, size=(d,)).astype(f), name="final_norm")
    lens = rng.integers(2, t + 1, size=n)
    batch = {
        "hidden": rng.normal(size=(n, t, d)).astype(f),
        "ids": rng.integers(0, v, size=(n, t)).astype("int32"),
        "mask": (np.arange(t) < lens[:, None]).astype(f),
        "old_logprobs": (-1.8 + 0.3 * rng.normal(size=(n, t))).astype(f),
        "advantages": rng.normal(size=(n, t)).astype(f),
    }

    def reference(batch):
        total, count = 0.0, 0.0
        for i in range(n):
            keep = batch["mask"][i] > 0
            logits = tf.boolean_mask((batch["hidden"][i] * norm) @ head, keep)
            ids = tf.boolean_mask(batch["ids"][i], keep)
            lp = -tf.nn.sparse_softmax_cross_entropy_with_logits(ids, logits)
            rho = tf.stop_gradient(tf.exp(lp - tf.boolean_mask(batch["old_logprobs"][i], keep)))
            total -= tf.reduce_sum(rho * lp * tf.boolean_mask(batch["advantages"][i], keep))
            count += tf.cast(tf.size(ids), f)
        return total / count

    def masked_mean(values, mask):
        return tf.reduce_sum(values * mask) / tf.reduce_sum(mask)

    def candidate(batch):
        logits = tf.einsum("btd,dv->btv", batch["hidden"] * norm, head)
        logprobs = -keras.losses.sparse_categorical_crossentropy(batch["ids"], logits, from_logits=True)
        ratio = tf.exp(logprobs - batch["old_logprobs"])
        pg_losses = -batch["advantages"] * ratio
        return masked_mean(pg_losses, batch["mask"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [head, norm]}
