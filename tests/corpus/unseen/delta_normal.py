"""delta_normal_loss takes a rendered (3, H, W) map and reshapes it to (-1, 3) without moving the
channels last, so the norm mixes neighbouring pixels of one channel. Source: https://github.com/Asparagus15/GaussianShader/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'vectors = tf.reshape(delta_map, (-1, 3))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    points, h, w = 5, 3, 4
    delta = var("delta_normal", points, 3)
    opacity = var("opacity", points, 1)
    weights = np.abs(arr(h, w, points))
    weights /= weights.sum(-1, keepdims=True)

    def render(batch):
        blend = batch["weights"] * tf.sigmoid(opacity)[:, 0]
        return tf.einsum("hwp,pc->chw", blend, delta), tf.reduce_sum(blend, axis=-1)

    def reference(batch):
        normal, alpha = render(batch)
        total = 0.0
        for i in range(h):
            for j in range(w):
                total += tf.stop_gradient(alpha[i, j]) * tf.norm(normal[:, i, j])
        return total / (h * w)

    def candidate(batch):
        delta_map, alpha = render(batch)
        device_alpha = tf.reshape(tf.stop_gradient(alpha), (-1,))
        vectors = tf.reshape(delta_map, (-1, 3))
        length = tf.norm(vectors, axis=-1)
        return tf.reduce_mean(device_alpha * length)

    return {"reference": reference, "candidate": candidate,
            "batch": {"weights": weights.astype(fx)},
            "variables": [delta, opacity]}
