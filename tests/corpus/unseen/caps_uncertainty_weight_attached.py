"""CAPS: the epipolar loss is weighted by 1/std of the predicted match. The weight has to be detached; with gradients the network
lowers its weight instead of the distance.
Source: https://github.com/qianqianwang68/caps/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'weight = inverse / tf.reduce_mean(inverse)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, grid, d = 15, 8, 5
    w1 = tf.Variable(rng.normal(size=(d, d)).astype(f) * 0.6, name="descriptor_w")
    xs = np.stack(np.meshgrid(np.arange(4.0), np.arange(2.0)), -1).reshape(grid, 2).astype(f)
    lines = rng.normal(size=(n, 3))
    lines /= np.linalg.norm(lines[:, :2], axis=1, keepdims=True)
    batch = {
        "query": rng.normal(size=(n, d)).astype(f),
        "map": rng.normal(size=(n, grid, d)).astype(f),
        "lines": lines.astype(f),
    }

    def reference(batch):
        p = tf.nn.softmax(tf.einsum("nd,de,nge->ng", batch["query"], w1, batch["map"]), axis=1)
        ex, ey = tf.linalg.matvec(p, xs[:, 0]), tf.linalg.matvec(p, xs[:, 1])
        var = tf.linalg.matvec(p, (xs ** 2).sum(1)) - ex ** 2 - ey ** 2
        a, b, c = tf.unstack(batch["lines"], axis=1)
        dist = tf.abs(a * ex + b * ey + c)
        conf = tf.stop_gradient(tf.math.rsqrt(var + 1e-6))
        return tf.reduce_sum(conf * dist) / tf.reduce_sum(conf)

    def get_expected_correspondence(prob):
        coord = tf.einsum("ng,gk->nk", prob, xs)
        spread = tf.einsum("ng,gk->nk", prob, xs ** 2) - coord ** 2
        return coord, tf.sqrt(tf.reduce_sum(spread, axis=-1) + 1e-6)

    def epipolar_cost(coord2, epipolar_line):
        hom = tf.concat([coord2, tf.ones_like(coord2[:, :1])], axis=-1)
        return tf.abs(tf.reduce_sum(hom * epipolar_line, axis=-1))

    def candidate(batch):
        sim = tf.squeeze(tf.matmul(batch["map"], (batch["query"] @ w1)[..., None]), axis=-1)
        coord2, std = get_expected_correspondence(tf.nn.softmax(sim))
        inverse = 1.0 / std
        weight = inverse / tf.reduce_mean(inverse)
        return tf.reduce_mean(weight * epipolar_cost(coord2, batch["lines"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1]}
