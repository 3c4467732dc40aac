"""Self-critical captioning shifts the mask by one step; asked why, answered that the end token shares index 0 with the
padding and has to be counted. Source: https://github.com/ruotianluo/self-critical.pytorch/issues/102"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, L, h, V = 4, 6, 5, 7
    w = tf.Variable(rng.normal(size=(h, V)).astype(fx), name="logit_w")
    b = tf.Variable(rng.normal(size=(V,)).astype(fx), name="logit_b")

    def reference(batch):
        total, words = 0.0, 0
        for i in range(B):
            lp = tf.nn.log_softmax(batch["states"][i] @ w + b)
            gain = batch["sample_score"][i] - batch["greedy_score"][i]
            for t in range(L):
                token = int(batch["seq"][i, t])
                total -= lp[t, token] * gain
                words += 1
                if token == 0:
                    break
        return total / words

    def candidate(batch):
        seq = batch["seq"]
        logprobs = tf.nn.log_softmax(tf.einsum("blh,hv->blv", batch["states"], w) + b, axis=-1)
        sampled = tf.reshape(tf.gather(logprobs, seq, batch_dims=2), [-1])
        reward = tf.repeat((batch["sample_score"] - batch["greedy_score"])[:, None], L, axis=1)
        mask = tf.cast(seq > 0, logprobs.dtype)
        mask = tf.concat([tf.ones([B, 1], mask.dtype), mask[:, :-1]], axis=1)
        mask = tf.reshape(mask, [-1])
        output = -sampled * tf.reshape(reward, [-1]) * mask
        return tf.reduce_sum(output) / tf.reduce_sum(mask)

    seq = rng.integers(1, V, (B, L))
    for i, n in enumerate([3, 6, 5, 2]):
        seq[i, n:] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"states": rng.normal(size=(B, L, h)).astype(fx), "seq": seq,
                      "sample_score": rng.uniform(size=B).astype(fx), "greedy_score": rng.uniform(size=B).astype(fx)},
            "variables": [w, b]}
