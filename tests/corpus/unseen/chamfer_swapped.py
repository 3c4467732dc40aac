"""The Chamfer loss takes (preds, gts) and is called with (gts, preds); as it is symmetric this does not
matter. Source: https://github.com/XuyangBai/FoldingNet/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, n, m, d = 3, 5, 6, 4
    codes = normal(b, m, d)
    pts = normal(b, n, 3)
    weight = np.array([1.0, 0.5, 2.0]).astype(fx)
    fold = var("fold", d, 3)

    def reference(batch):
        total = 0.0
        for i in range(b):
            pred = batch["codes"][i] @ fold
            to_gt = [tf.reduce_min(tf.reduce_sum((batch["pts"][i] - pred[j]) ** 2, 1)) for j in range(m)]
            to_pred = [tf.reduce_min(tf.reduce_sum((pred - batch["pts"][i][j]) ** 2, 1)) for j in range(n)]
            total += batch["weight"][i] * (tf.add_n(to_gt) + tf.add_n(to_pred))
        return total / b

    def candidate(batch):
        def chamfer(preds, gts):
            xx = tf.reduce_sum(tf.square(gts), -1)[:, :, None]
            yy = tf.reduce_sum(tf.square(preds), -1)[:, None, :]
            p = xx + yy - 2.0 * tf.matmul(gts, preds, transpose_b=True)
            return tf.reduce_sum(tf.reduce_min(p, 1), 1) + tf.reduce_sum(tf.reduce_min(p, 2), 1)

        output = tf.matmul(batch["codes"], fold)
        return tf.reduce_mean(chamfer(batch["pts"], output) * batch["weight"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"codes": codes, "pts": pts, "weight": weight}, "variables": [fold]}
