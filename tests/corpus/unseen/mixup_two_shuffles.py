"""Mixup shuffles the images and the labels in two separate calls, so that the label mixed in belongs to
another image. Source: https://github.com/xudonmao/VMT/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'y2 = tf.gather(y, batch["order"][1])',
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

    n, d, k = 6, 4, 3
    x_np = normal(n, d)
    y_np = np.eye(k)[rng.permutation([0, 1, 2, 0, 1, 2])].astype(fx)
    order = np.stack([np.roll(np.arange(n), 1), np.roll(np.arange(n), 3)[::-1]]).astype("int32")
    lam = (0.2 + 0.6 * rng.random(n)).astype(fx)
    w = var("w", d, k)

    def reference(batch):
        perm = batch["order"][0]
        losses = []
        for i in range(n):
            j = perm[i]
            m = batch["lam"][i]
            xm = m * batch["x"][i] + (1.0 - m) * batch["x"][j]
            ym = m * batch["y"][i] + (1.0 - m) * batch["y"][j]
            lp = tf.nn.log_softmax(tf.linalg.matvec(w, xm, transpose_a=True))
            losses.append(-tf.reduce_sum(ym * lp))
        return tf.add_n(losses) / n

    def candidate(batch):
        x, y = batch["x"], batch["y"]
        lam_ = batch["lam"][:, None]
        x2 = tf.gather(x, batch["order"][0])
        y2 = tf.gather(y, batch["order"][1])
        mixed = lam_ * x + (1.0 - lam_) * x2
        target = lam_ * y + (1.0 - lam_) * y2
        logits = tf.matmul(mixed, w)
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=target, logits=logits))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x_np, "y": y_np, "order": order, "lam": lam}, "variables": [w]}
