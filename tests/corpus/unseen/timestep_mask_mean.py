"""The masked loss of a time series is divided by the mean of the whole mask; every sample has its own
number of unmasked steps and must be divided by that. Source: https://github.com/keras-team/keras/pull/2541"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'score_array /= tf.reduce_mean(mask)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    n, t, d = 4, 6, 3
    x_np = normal(n, t, d)
    y_np = normal(n, t)
    mask_np = (np.arange(t)[None] < np.array([[6], [2], [4], [1]])).astype(fx)
    kernel = var("kernel", d)

    def reference(batch):
        losses = []
        for i in range(n):
            pred = tf.linalg.matvec(batch["x"][i], kernel)
            idx = tf.where(batch["mask"][i] > 0)[:, 0]
            losses.append(tf.reduce_mean((tf.gather(pred, idx) - tf.gather(batch["y"][i], idx)) ** 2))
        return tf.reduce_mean(tf.stack(losses))

    def candidate(batch):
        y_pred = tf.einsum("ntd,d->nt", batch["x"], kernel)
        score_array = tf.square(y_pred - batch["y"])
        mask = batch["mask"]
        score_array *= mask
        score_array /= tf.reduce_mean(mask)
        score_array = tf.reduce_mean(score_array, axis=list(range(1, len(score_array.shape))))
        return tf.reduce_mean(score_array)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x_np, "y": y_np, "mask": mask_np}, "variables": [kernel]}
