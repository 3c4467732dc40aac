"""The targets are t[1:] but the padding mask stays m[:-1]: the first padding token is scored.

Source (real): https://github.com/chengchingwen/Transformers.jl/issues/4
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'mask = b["mask"][:, :-1]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, v, d = 7, 8, 10, 6
    smoothing = 0.1
    emb = tf.Variable(rng.normal(0, 0.7, (v, d)).astype("float32"), name="embed")
    mix = tf.Variable(rng.normal(0, 0.5, (d, d)).astype("float32"), name="ffn")
    head = tf.Variable(rng.normal(0, 0.6, (d, v)).astype("float32"), name="dense")
    target = np.ones((n, t), "int32")                       # 1 = padding, 2 = start, 3 = end
    mask = np.zeros((n, t), "float32")
    for i, length in enumerate(rng.integers(3, t - 1, n)):
        target[i, 0], target[i, length - 1] = 2, 3
        target[i, 1:length - 1] = rng.integers(4, v, length - 2)
        mask[i, :length] = 1.0
    batch = {"target": target, "mask": mask}

    def decoder(tokens):
        h = tf.gather(emb, tokens)
        h = h + tf.cumsum(tf.nn.relu(tf.einsum("ntd,de->nte", h, mix)), axis=1)
        return tf.einsum("ntd,dv->ntv", h, head)

    def smooth(labels):
        return tf.one_hot(labels, v) * (1.0 - smoothing - smoothing / (v - 1)) + smoothing / (v - 1)

    def log_kl(q, logp, mask):
        kl = tf.reduce_sum(q * (tf.math.log(q) - logp), axis=-1)
        return tf.reduce_sum(kl * mask) / tf.reduce_sum(mask)

    def reference(b):
        logp = tf.nn.log_softmax(decoder(b["target"]), axis=-1)
        q = smooth(b["target"][:, 1:])
        return log_kl(q, logp[:, :-1], b["mask"][:, 1:])

    def candidate(b):
        label = smooth(b["target"])
        dec = decoder(b["target"])
        logp = tf.nn.log_softmax(dec)[:, :-1]
        mask = b["mask"][:, :-1]
        return log_kl(label[:, 1:], logp, mask)

    return {"variables": [emb, mix, head], "batch": batch, "reference": reference, "candidate": candidate}
