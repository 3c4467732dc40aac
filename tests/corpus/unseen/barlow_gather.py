"""Barlow Twins with gather_distributed: the reduced cross-correlation carries only the local gradient, off by 1/world_size.
Source: https://github.com/lightly-ai/lightly/issues/1977"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'c = local[rank] + tf.stop_gradient(summed - local[rank])',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, d, p, world = 8, 4, 3, 2
    enc, proj = var("enc", d, 5), var("proj", 5, p)

    def embed(x):
        z = tf.tanh(x @ enc) @ proj
        mean, variance = tf.nn.moments(z, axes=[0])
        return (z - mean) / tf.sqrt(variance + 1e-4)

    def penalty(c, lambd):
        on = tf.reduce_sum((tf.linalg.diag_part(c) - 1.0) ** 2)
        off = tf.reduce_sum(c ** 2) - tf.reduce_sum(tf.linalg.diag_part(c) ** 2)
        return on + lambd * off

    def reference(batch):
        za, zb = embed(batch["view_a"]), embed(batch["view_b"])
        return penalty(tf.matmul(za, zb, transpose_a=True) / n, batch["lambd"])

    def candidate(batch):
        z_a, z_b = embed(batch["view_a"]), embed(batch["view_b"])
        parts = zip(tf.split(z_a, world), tf.split(z_b, world))
        local = [tf.matmul(a, b, transpose_a=True) / n for a, b in parts]
        summed = tf.add_n(local)
        losses = []
        for rank in range(world):
            c = local[rank] + tf.stop_gradient(summed - local[rank])
            on_diag = tf.reduce_sum(tf.square(tf.linalg.diag_part(c) - 1.0))
            off_diag = tf.reduce_sum(tf.square(c - tf.linalg.diag(tf.linalg.diag_part(c))))
            losses.append(on_diag + batch["lambd"] * off_diag)
        return tf.add_n(losses) / world

    return {"reference": reference, "candidate": candidate,
            "batch": {"view_a": arr(n, d), "view_b": arr(n, d), "lambd": np.asarray(0.05, f)},
            "variables": [enc, proj]}
