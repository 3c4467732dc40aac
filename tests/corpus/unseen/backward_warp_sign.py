"""Warping image 2 back to image 1 must look up grid + flow; the code subtracts the flow from the grid. Source: https://github.com/philferriere/tfoptflow/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'query = grid - flow',
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

    n, size, d = 2, 6, 3
    feats = normal(n, size, size, d)
    im1, im2 = normal(n, size, size), normal(n, size, size)
    visible = (rng.random((n, size, size)) < 0.8).astype(fx)
    w = var("w", d, 2, scale=0.4)

    def reference(batch):
        flow = batch["feats"] @ w
        total = 0.0
        for i in range(n):
            for r in range(size):
                for s in range(size):
                    y = tf.clip_by_value(r + flow[i, r, s, 0], 0.0, size - 1.001)
                    x = tf.clip_by_value(s + flow[i, r, s, 1], 0.0, size - 1.001)
                    y0, x0 = int(y), int(x)
                    a, b, im = y - y0, x - x0, batch["im2"][i]
                    val = ((1 - a) * (1 - b) * im[y0, x0] + (1 - a) * b * im[y0, x0 + 1]
                           + a * (1 - b) * im[y0 + 1, x0] + a * b * im[y0 + 1, x0 + 1])
                    total += batch["visible"][i, r, s] * (val - batch["im1"][i, r, s]) ** 2
        return total / tf.reduce_sum(batch["visible"])

    def candidate(batch):
        flow = tf.einsum("nhwd,dk->nhwk", batch["feats"], w)
        rows, cols = tf.meshgrid(tf.range(size), tf.range(size), indexing="ij")
        grid = tf.cast(tf.stack([rows, cols], axis=-1), flow.dtype)[None]
        query = grid - flow
        query = tf.clip_by_value(query, 0.0, size - 1.001)
        base = tf.floor(query)
        frac = query - base
        idx = tf.cast(base, tf.int32)
        pick = lambda dy, dx: tf.gather_nd(batch["im2"], idx + tf.constant([dy, dx]), batch_dims=1)
        top = pick(0, 0) * (1.0 - frac[..., 1]) + pick(0, 1) * frac[..., 1]
        bottom = pick(1, 0) * (1.0 - frac[..., 1]) + pick(1, 1) * frac[..., 1]
        warped = top * (1.0 - frac[..., 0]) + bottom * frac[..., 0]
        err = tf.square(warped - batch["im1"]) * batch["visible"]
        return tf.reduce_sum(err) / tf.reduce_sum(batch["visible"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"feats": feats, "im1": im1, "im2": im2, "visible": visible}, "variables": [w]}
