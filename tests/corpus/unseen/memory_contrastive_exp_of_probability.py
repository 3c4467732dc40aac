"""Class-memory contrastive loss: the negative likelihood of the probabilities is exponentiated where the log-likelihood is meant.

Source (real): https://github.com/somijeong/MGUIT/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'contrast = tf.exp(-tf.reduce_mean(picked))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, dx, d, slots = 18, 6, 5, 7
    keys = tf.Variable(rng.normal(0, 1, (slots, d)), name="memory/keys", dtype=tf.float32)
    values = tf.Variable(rng.normal(0, 1, (slots, d)), name="memory/values", dtype=tf.float32)
    enc = tf.keras.layers.Dense(d, use_bias=False, name="enc")
    enc.build((None, dx))
    enc.kernel.assign(rng.normal(0, 0.6, (dx, d)))
    temp = 0.5
    batch = {"x": rng.normal(size=(n, dx)).astype(np.float32), "slot": rng.integers(0, slots, n).astype(np.int32)}

    def similarity(x):
        f = tf.math.l2_normalize(enc(x), -1)
        return f, f @ tf.transpose(tf.math.l2_normalize(keys, -1)) / temp

    def read_loss(f, sim):
        read = tf.nn.softmax(sim, -1) @ values
        return tf.reduce_mean(tf.abs(read - f))

    def reference(b):
        f, sim = similarity(b["x"])
        nce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["slot"], logits=sim)
        return read_loss(f, sim) + tf.reduce_mean(nce)

    def candidate(b):
        f, sim = similarity(b["x"])
        probs = tf.nn.softmax(sim, axis=-1)
        picked = tf.gather(probs, b["slot"], batch_dims=1)
        contrast = tf.exp(-tf.reduce_mean(picked))
        return read_loss(f, sim) + contrast

    return {"variables": [keys, values, enc.kernel], "batch": batch, "reference": reference, "candidate": candidate}
