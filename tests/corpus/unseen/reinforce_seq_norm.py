"""ReinforceLoss divides each sequence's token sum by the total number of tokens of the batch, not by its own length
before the batch mean. Source: https://github.com/meta-pytorch/torchforge/pull/583"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_sum(per_token * mask) / tf.maximum(tf.reduce_sum(mask), 1.0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, d, v = 4, 6, 5, 7
    head = keras.layers.Dense(v, name="head")
    head.build((None, None, d))

    def reference(batch):
        total = 0.0
        for i in range(n):
            logp = tf.nn.log_softmax(head(batch["hidden"][i:i + 1])[0])
            lp = tf.gather(logp, batch["target_ids"][i], axis=1, batch_dims=1)
            m = batch["target_mask"][i]
            w = tf.exp(tf.stop_gradient(lp) - batch["generator_logprobs"][i])
            total += tf.reduce_sum(m * w * lp * batch["advantages"][i]) / tf.maximum(tf.reduce_sum(m), 1.0)
        return -total / n

    def candidate(batch):
        mask = batch["target_mask"]
        logits = head(batch["hidden"])
        logprobs = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["target_ids"], logits=logits)
        weights = tf.exp(tf.stop_gradient(logprobs) - batch["generator_logprobs"])
        per_token = -logprobs * weights * batch["advantages"][:, None]
        return tf.reduce_sum(per_token * mask) / tf.maximum(tf.reduce_sum(mask), 1.0)

    lens = np.array([6, 1, 3, 2])
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "hidden": rng.normal(size=(n, t, d)).astype(fx),
            "target_ids": rng.integers(0, v, size=(n, t)).astype("int32"),
            "target_mask": (np.arange(t)[None] < lens[:, None]).astype(fx),
            "generator_logprobs": -rng.uniform(1, 3, size=(n, t)).astype(fx),
            "advantages": rng.normal(size=n).astype(fx),
        },
        "variables": head.trainable_variables,
    }
