"""GRPO advantages: the group std is taken of tensor([[scores]]), with one bracket too many; the value is the same.
Source: https://github.com/JIA-Lab-research/Seg-Zero/issues/104"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    G, k, T, vocab, d, eps = 3, 4, 5, 7, 4, 1e-6
    emb = tf.Variable(rng.standard_normal((vocab, d)) * 0.6, dtype=fx, name="emb")
    out = tf.Variable(rng.standard_normal((d, vocab)) * 0.6, dtype=fx, name="out")

    def token_logp(prev, tok):
        return tf.gather(tf.nn.log_softmax(tf.gather(emb, prev) @ out), tok, batch_dims=2)

    def reference(batch):
        r = tf.reshape(batch["score"], [G, k])
        mu = tf.reduce_mean(r, axis=1, keepdims=True)
        sd = tf.sqrt(tf.reduce_sum(tf.square(r - mu), axis=1, keepdims=True) / (k - 1))
        adv = tf.reshape((r - mu) / (sd + eps), [-1, 1])
        ratio = tf.exp(token_logp(batch["prev"], batch["tok"]) - batch["old"])
        obj = tf.minimum(ratio * adv, tf.clip_by_value(ratio, 0.8, 1.2) * adv)
        return -tf.reduce_sum(obj * batch["mask"]) / tf.reduce_sum(batch["mask"])

    def candidate(batch):
        id2score, id2mean, id2std = {}, {}, {}
        scores = batch["score"]
        index = [i // k for i in range(G * k)]
        for i in range(G * k):
            id2score.setdefault(index[i], []).append(scores[i])
        for idx in id2score:
            stacked = tf.convert_to_tensor([id2score[idx]])
            id2mean[idx] = tf.reduce_mean(tf.convert_to_tensor(id2score[idx]))
            id2std[idx] = tf.math.reduce_std(stacked) * np.sqrt(k / (k - 1))
        adv = tf.stack([(scores[i] - id2mean[index[i]]) / (id2std[index[i]] + eps) for i in range(G * k)])
        advantages = tf.tile(adv[:, None], [1, T]) * batch["mask"]
        ratio = tf.exp(token_logp(batch["prev"], batch["tok"]) - batch["old"])
        pg_losses = -advantages * ratio
        pg_losses2 = -advantages * tf.clip_by_value(ratio, 1.0 - 0.2, 1.0 + 0.2)
        masked = tf.maximum(pg_losses, pg_losses2) * batch["mask"]
        return tf.reduce_sum(masked) / tf.reduce_sum(batch["mask"])

    n = G * k
    return {"reference": reference, "candidate": candidate,
            "batch": {"score": rng.standard_normal(n).astype(fx),
                      "prev": rng.integers(0, vocab, (n, T)).astype("int32"),
                      "tok": rng.integers(0, vocab, (n, T)).astype("int32"),
                      "old": (-2 + 0.3 * rng.standard_normal((n, T))).astype(fx),
                      "mask": (np.arange(T)[None] < rng.integers(2, T + 1, n)[:, None]).astype(fx)},
            "variables": [emb, out]}
