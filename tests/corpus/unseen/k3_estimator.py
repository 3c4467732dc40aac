"""GRPO: somebody doubts the per-token KL formula exp(ref - pi) - (ref - pi) - 1; it is the k3 estimator and right.
Source: https://github.com/huggingface/trl/issues/2854"""
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
    fx = keras.config.floatx()
    n, t, d, v = 4, 5, 4, 6
    beta = 0.3
    head = keras.layers.Dense(v, name="head")
    head.build((None, None, d))

    def reference(batch):
        total = 0.0
        for i in range(n):
            probs = tf.nn.softmax(head(batch["hidden"][i:i + 1])[0])
            p = tf.gather(probs, batch["completion_ids"][i], axis=1, batch_dims=1)
            x = tf.exp(batch["ref_logps"][i]) / p
            kl = (x - 1.0) - tf.math.log(x)
            ratio = p / tf.stop_gradient(p)
            keep = tf.cast(batch["completion_mask"][i], fx)
            total += tf.reduce_sum(keep * (beta * kl - batch["advantages"][i] * ratio)) / tf.reduce_sum(keep)
        return total / n

    def candidate(batch):
        logits = head(batch["hidden"])
        per_token_logps = -tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=batch["completion_ids"], logits=logits
        )
        diff = batch["ref_logps"] - per_token_logps
        per_token_kl = tf.exp(diff) - diff - 1.0
        coef = tf.exp(per_token_logps - tf.stop_gradient(per_token_logps))
        per_token_loss = -(coef * tf.expand_dims(batch["advantages"], 1) - beta * per_token_kl)
        mask = tf.cast(batch["completion_mask"], per_token_loss.dtype)
        return tf.reduce_mean(tf.reduce_sum(per_token_loss * mask, axis=1) / tf.reduce_sum(mask, axis=1))

    lens = np.array([5, 2, 4, 1])
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "hidden": rng.normal(size=(n, t, d)).astype(fx),
            "completion_ids": rng.integers(0, v, size=(n, t)).astype("int32"),
            "completion_mask": (np.arange(t)[None] < lens[:, None]).astype("int32"),
            "ref_logps": -rng.uniform(0.5, 3, size=(n, t)).astype(fx),
            "advantages": rng.normal(size=n).astype(fx),
        },
        "variables": head.trainable_variables,
    }
