"""OpenGait multiplies its pair loss by the world size as only a worker's own embeddings carry gradient; justified.
Source: https://github.com/ShiqiYu/OpenGait/issues/36"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    W, b, k, d, margin = 2, 4, 5, 3, 0.6
    enc = tf.Variable(normal(k, d), name="enc")
    labels = np.tile(np.array([0, 0, 1, 1]), (W, 1))

    def triplet(e, y):
        dist = tf.sqrt(tf.reduce_sum(tf.square(e[:, None] - e[None]), -1) + 1e-6)
        same = y[:, None] == y[None]
        pos = tf.cast(same & ~np.eye(W * b, dtype=bool), e.dtype)
        neg = tf.cast(~same, e.dtype)
        raw = tf.nn.relu(dist[:, :, None] - dist[:, None, :] + margin)
        w3 = pos[:, :, None] * neg[:, None, :]
        return tf.reduce_sum(raw * w3) / tf.reduce_sum(w3)

    def reference(batch):
        return triplet(tf.tanh(tf.reshape(batch["x"], (W * b, k)) @ enc), tf.reshape(batch["y"], (-1,)))

    def candidate(batch):
        feats = [tf.tanh(batch["x"][r] @ enc) for r in range(W)]
        ddp = []
        for rank in range(W):
            gathered = [f if r == rank else tf.stop_gradient(f) for r, f in enumerate(feats)]
            loss = triplet(tf.concat(gathered, axis=0), tf.concat(tf.unstack(batch["y"]), axis=0))
            ddp.append(loss * W)
        return tf.add_n(ddp) / W

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": normal(W, b, k), "y": labels}, "variables": [enc]}
