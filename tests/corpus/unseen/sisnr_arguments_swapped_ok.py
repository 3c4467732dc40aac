"""Right: SI-SNR depends only on the angle between estimate and source, so swapping its arguments under PIT changes nothing.

Source (real): https://github.com/Edresson/VoiceSplit/issues/7
"""
import itertools

import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, spk, t = 8, 2, 24
    w1 = tf.Variable(rng.normal(size=(t, 10)).astype("float32") * 0.4, name="w1")
    w2 = tf.Variable(rng.normal(size=(10, spk * t)).astype("float32") * 0.5, name="w2")
    source = rng.normal(size=(n, spk, t)).astype("float32")
    batch = {"mix": source.sum(1), "source": source}

    def separate(mix):
        m = tf.sigmoid(tf.reshape(tf.nn.tanh(mix @ w1) @ w2, (-1, spk, t)))
        return m * mix[:, None, :]

    def pairwise_si_snr(ref, est):
        """(n, spk, t), (n, spk, t) -> (n, spk of ref, spk of est)"""
        ref = ref - tf.reduce_mean(ref, axis=-1, keepdims=True)
        est = est - tf.reduce_mean(est, axis=-1, keepdims=True)
        r, e = ref[:, :, None, :], est[:, None, :, :]
        proj = tf.reduce_sum(r * e, -1, keepdims=True) * r / tf.reduce_sum(r * r, -1, keepdims=True)
        noise = e - proj
        ratio = tf.reduce_sum(proj ** 2, -1) / tf.reduce_sum(noise ** 2, -1)
        return 10.0 * tf.math.log(ratio) / tf.math.log(10.0)

    def pit(matrix):
        scores = []
        for perm in itertools.permutations(range(spk)):
            scores.append(tf.add_n([matrix[:, i, j] for i, j in enumerate(perm)]) / spk)
        return -tf.reduce_mean(tf.reduce_max(tf.stack(scores, 1), axis=1))

    def reference(b):
        return pit(pairwise_si_snr(b["source"], separate(b["mix"])))

    def candidate(b):
        est_source = separate(b["mix"])
        table = pairwise_si_snr(est_source, b["source"])
        return pit(table)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
