"""Normalization multiplies with the mask, so an invalid (inf) value at a masked position poisons mean and variance.
Source: https://github.com/areal-project/AReaL/pull/1347"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "x_masked = x * mask",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, vocab = 4, 5, 4, 6
    w = tf.Variable(rng.standard_normal((d, vocab)).astype(f), name="w")
    b = tf.Variable((0.1 * rng.standard_normal(vocab)).astype(f), name="b")

    def reference(batch):
        m = batch["mask"]
        rew = tf.where(m > 0, batch["reward"], tf.zeros_like(batch["reward"]))
        count = tf.reduce_sum(m)
        mu = tf.reduce_sum(rew) / count
        centred = tf.where(m > 0, rew - mu, tf.zeros_like(rew))
        sd = tf.sqrt(tf.reduce_sum(centred ** 2) / count)
        adv = centred / (sd + 1e-5)
        logits = tf.tensordot(batch["h"], w, 1) + b
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["tok"], logits)
        ratio = tf.exp(-ce - batch["old"])
        return -tf.reduce_sum(tf.where(m > 0, ratio * adv, tf.zeros_like(adv))) / count

    def candidate(batch):
        loss_mask = batch["mask"]

        class Normalization:
            eps = 1e-5

            def __call__(self, x, mask):
                x_masked = x * mask
                factor = tf.reduce_sum(mask)
                mean = tf.reduce_sum(x_masked) / factor
                centered = (x_masked - mean) * mask
                var = tf.reduce_sum(tf.square(centered)) / factor
                return centered / (tf.sqrt(var) + self.eps)

        advantages = Normalization()(batch["reward"], loss_mask)
        logp_all = tf.nn.log_softmax(tf.tensordot(batch["h"], w, 1) + b, axis=-1)
        logprobs = tf.reduce_sum(logp_all * tf.one_hot(batch["tok"], vocab, dtype=logp_all.dtype), axis=-1)
        ratio = tf.where(loss_mask > 0, tf.exp(logprobs - batch["old"]), tf.zeros_like(logprobs))
        pg_loss = -advantages * ratio
        return tf.reduce_sum(tf.where(loss_mask > 0, pg_loss, tf.zeros_like(pg_loss))) / tf.reduce_sum(loss_mask)

    mask = np.ones((n, t))
    mask[0, 3:] = 0
    mask[2, 4:] = 0
    reward = rng.standard_normal((n, t))
    reward[0, 4], reward[2, 4] = -np.inf, np.inf
    return {"reference": reference, "candidate": candidate,
            "batch": {"h": rng.standard_normal((n, t, d)).astype(f),
                      "tok": rng.integers(0, vocab, (n, t)).astype("int32"),
                      "old": (-1.8 + 0.2 * rng.standard_normal((n, t))).astype(f),
                      "reward": reward.astype(f), "mask": mask.astype(f)},
            "variables": [w, b]}
