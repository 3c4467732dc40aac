"""PIT chooses the speaker permutation by the mean over the batch, so all mixtures share one permutation instead of each its own.

Source (real): https://github.com/pytorch/audio/pull/894
"""
import itertools

import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'metric = tf.reduce_mean(si_snr(est, shuffled))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, spk, t = 8, 3, 20
    masks1 = tf.Variable(rng.normal(size=(t, 12)).astype("float32") * 0.4, name="mask_in")
    masks2 = tf.Variable(rng.normal(size=(12, spk * t)).astype("float32") * 0.6, name="mask_out")
    sources = rng.normal(size=(n, spk, t)).astype("float32")
    batch = {"mix": sources.sum(1), "sources": sources}
    eps = 1e-6

    def separate(mix):
        m = tf.sigmoid(tf.reshape(tf.nn.relu(mix @ masks1) @ masks2, (-1, spk, t)))
        return m * mix[:, None, :]

    def si_snr(est, ref):
        est = est - tf.reduce_mean(est, axis=-1, keepdims=True)
        ref = ref - tf.reduce_mean(ref, axis=-1, keepdims=True)
        scale = tf.reduce_sum(est * ref, -1, keepdims=True) / (tf.reduce_sum(ref * ref, -1, keepdims=True) + eps)
        target = scale * ref
        noise = est - target
        ratio = (tf.reduce_sum(target ** 2, -1) + eps) / (tf.reduce_sum(noise ** 2, -1) + eps)
        return 4.342945 * tf.math.log(ratio)

    def reference(b):
        est = separate(b["mix"])
        scores = []
        for perm in itertools.permutations(range(spk)):
            scores.append(tf.reduce_mean(si_snr(est, tf.gather(b["sources"], perm, axis=1)), axis=1))
        best = tf.reduce_max(tf.stack(scores, axis=1), axis=1)
        return -tf.reduce_mean(best)

    def candidate(b):
        est = separate(b["mix"])
        metrics = []
        for perm in itertools.permutations(range(spk)):
            shuffled = tf.gather(b["sources"], perm, axis=1)
            metric = tf.reduce_mean(si_snr(est, shuffled))
            metrics.append(metric)
        return -tf.reduce_max(tf.stack(metrics))

    return {"variables": [masks1, masks2], "batch": batch, "reference": reference, "candidate": candidate}
