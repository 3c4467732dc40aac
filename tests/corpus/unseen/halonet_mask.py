"""halonet: masked_fill is given the validity mask itself, so the real neighbours are blanked and the padding kept.
Source: https://github.com/lucidrains/halonet-pytorch/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'hidden = tf.cast(batch["valid"], tf.bool)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, q_len, kv_len, dim = 3, 4, 6, 5
    to_q = tf.Variable(normal(dim, dim, scale=0.6), name="to_q")
    to_kv = tf.Variable(normal(dim, 2 * dim, scale=0.6), name="to_kv")
    valid = np.ones((n, 1, kv_len), floatx)
    valid[0, 0, :3] = 0; valid[1, 0, 4:] = 0; valid[2, 0, 5] = 0

    def reference(batch):
        loss = 0.0
        for b in range(n):
            idx = tf.where(batch["valid"][b, 0] > 0.5)[:, 0]
            kv = tf.gather(batch["halo"][b], idx) @ to_kv
            k, v = kv[:, :dim], kv[:, dim:]
            att = tf.nn.softmax((batch["block"][b] @ to_q) @ tf.transpose(k) / np.sqrt(dim))
            loss += tf.reduce_mean(tf.square(att @ v - batch["y"][b]))
        return loss / n

    def candidate(batch):
        q = batch["block"] @ to_q * dim ** -0.5
        k, v = tf.split(batch["halo"] @ to_kv, 2, axis=-1)
        sim = tf.einsum("bid,bjd->bij", q, k)
        hidden = tf.cast(batch["valid"], tf.bool)
        max_neg = sim.dtype.min
        sim = tf.where(hidden, max_neg, sim)
        attn = tf.nn.softmax(sim, axis=-1)
        out = tf.einsum("bij,bjd->bid", attn, v)
        return tf.reduce_mean((out - batch["y"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"block": normal(n, q_len, dim), "halo": normal(n, kv_len, dim), "valid": valid, "y": normal(n, q_len, dim)},
            "variables": [to_q, to_kv]}
