"""Distributed wrapper for metric learning: gathered embeddings carry no gradient, so the averaged gradient is too small
by the world size. Source: https://github.com/KevinMusgrave/pytorch-metric-learning/issues/363"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "others = [e if r == rank else tf.stop_gradient(e) for r, e in enumerate(shards)]",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, world, d, h = 8, 2, 4, 3
    proj = tf.Variable(f(d, h), name="trunk")

    def reference(batch):
        z = tf.math.l2_normalize(batch["x"] @ proj, axis=-1)
        logits = z @ tf.transpose(z) / 0.3
        logits -= 1e4 * tf.eye(n, dtype=fx)
        same = tf.cast(batch["y"][:, None] == batch["y"][None], fx) - tf.eye(n, dtype=fx)
        lp = tf.nn.log_softmax(logits, -1)
        return -tf.reduce_mean(tf.reduce_sum(lp * same, -1) / tf.reduce_sum(same, -1))

    def candidate(batch):
        def supcon(emb, labels):
            sim = tf.matmul(emb, emb, transpose_b=True) / 0.3
            diag = tf.eye(n, dtype=fx)
            pos = tf.cast(tf.equal(labels[:, None], labels[None, :]), fx) - diag
            log_prob = tf.nn.log_softmax(sim - 1e4 * diag, axis=-1)
            return -tf.reduce_mean(tf.reduce_sum(log_prob * pos, axis=1) / tf.reduce_sum(pos, axis=1))

        shards = [tf.math.l2_normalize(tf.matmul(x, proj), axis=-1) for x in tf.split(batch["x"], world)]
        losses = []
        for rank in range(world):
            others = [e if r == rank else tf.stop_gradient(e) for r, e in enumerate(shards)]
            losses.append(supcon(tf.concat(others, axis=0), batch["y"]))
        return tf.add_n(losses) / world

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": f(n, d), "y": np.array([0, 1, 0, 1, 0, 1, 1, 0], dtype="int32")},
            "variables": [proj]}
