"""Outcome advantages normalised per group are whitened a second time over the whole batch, which couples prompts.
Source: https://github.com/amazon-science/reskill/pull/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "scores = masked_whiten(scores, mask)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    prompts, group, length, d, vocab = 2, 4, 5, 4, 6
    n = prompts * group
    w = tf.Variable(rng.normal(size=(d, vocab)).astype(fx), name="head")
    lens = np.array([5, 1, 2, 4, 1, 5, 3, 2])
    mask_np = (np.arange(length)[None] < lens[:, None]).astype(fx)

    def reference(batch):
        m = batch["mask"]
        r = tf.reshape(batch["reward"], (prompts, group))
        mu = tf.reduce_mean(r, 1, keepdims=True)
        sd = tf.sqrt(tf.reduce_sum(tf.square(r - mu), 1, keepdims=True) / (group - 1))
        adv = tf.reshape((r - mu) / (sd + 1e-6), (n, 1)) * m
        lp = tf.gather(tf.nn.log_softmax(batch["h"] @ w), batch["tok"], batch_dims=2)
        return -tf.reduce_sum(adv * lp * m) / tf.reduce_sum(m)

    def candidate(batch):
        mask = batch["mask"]

        def masked_mean(x, m):
            return tf.reduce_sum(x * m) / tf.reduce_sum(m)

        def masked_whiten(x, m):
            mean = masked_mean(x, m)
            var = masked_mean(tf.square(x - mean), m)
            return (x - mean) * tf.math.rsqrt(var + 1e-8)

        scores = []
        for p in range(prompts):
            own = batch["reward"][p * group:(p + 1) * group]
            centre = own - tf.reduce_mean(own)
            std = tf.sqrt(tf.reduce_sum(tf.square(centre)) / (group - 1))
            scores.append(centre / (std + 1e-6))
        scores = tf.concat(scores, 0)[:, None] * tf.ones_like(mask)
        scores = masked_whiten(scores, mask)
        advantages = scores * mask
        logps = tf.gather(tf.nn.log_softmax(batch["h"] @ w), batch["tok"], batch_dims=2)
        return masked_mean(-advantages * logps, mask)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "h": rng.normal(size=(n, length, d)).astype(fx),
            "tok": rng.integers(0, vocab, size=(n, length)).astype("int32"),
            "reward": rng.normal(size=n).astype(fx), "mask": mask_np,
        },
        "variables": [w],
    }
