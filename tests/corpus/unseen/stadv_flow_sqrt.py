"""stAdv's flow loss takes sqrt of the squared flow differences without an epsilon; at the mirrored border the difference is
exactly 0 and the gradient NaN. Source: https://github.com/rakutentech/stAdv/issues/3"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "dist = tf.sqrt(tf.reduce_sum(tf.square(flows - shifted), axis=1))",
    "same_forward_value": True,
}


def flow_st(images, flows):
    """Bilinear warp, images NHWC, flows N2HW (y, x)."""
    n, h, w, c = images.shape
    gy, gx = tf.meshgrid(tf.range(h, dtype=tf.float32), tf.range(w, dtype=tf.float32), indexing="ij")
    y = tf.clip_by_value(gy[None] + flows[:, 0], 0.0, h - 1.001)
    x = tf.clip_by_value(gx[None] + flows[:, 1], 0.0, w - 1.001)
    y0, x0 = tf.floor(y), tf.floor(x)
    b = tf.tile(tf.range(n)[:, None, None], [1, h, w])

    def at(yy, xx):
        return tf.gather_nd(images, tf.stack([b, tf.cast(yy, tf.int32), tf.cast(xx, tf.int32)], -1))

    wy, wx = (y - y0)[..., None], (x - x0)[..., None]
    return ((1 - wy) * (1 - wx) * at(y0, x0) + (1 - wy) * wx * at(y0, x0 + 1)
            + wy * (1 - wx) * at(y0 + 1, x0) + wy * wx * at(y0 + 1, x0 + 1))


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, h, w, classes = 5, 5, 5, 4
    images = rng.uniform(size=(n, h, w, 1)).astype("float32")
    targets = rng.integers(0, classes, size=n).astype("int32")
    flows_var = tf.Variable(rng.normal(scale=0.3, size=(n, 2, h, w)).astype("float32"))
    weights = tf.Variable(rng.normal(scale=0.3, size=(h * w, classes)).astype("float32"))
    tau = 0.05

    def adv_loss(batch):
        logits = tf.reshape(flow_st(batch["images"], flows_var), (n, -1)) @ weights
        one_hot = tf.one_hot(batch["targets"], classes)
        real = tf.reduce_sum(one_hot * logits, 1)
        other = tf.reduce_max((1 - one_hot) * logits - one_hot * 1e4, 1)
        return tf.reduce_sum(tf.maximum(other - real, 0.0))

    def neighbours(flows):
        padded = tf.pad(flows, [[0, 0], [0, 0], [1, 1], [1, 1]], "SYMMETRIC")
        return [padded[:, :, :-2, 1:-1], padded[:, :, 2:, 1:-1], padded[:, :, 1:-1, :-2], padded[:, :, 1:-1, 2:]]

    def reference(batch):
        flow = tf.constant(0.0)
        for shifted_flow in neighbours(flows_var):
            sq = tf.reduce_sum(tf.square(flows_var - shifted_flow), axis=1)
            flow += tf.reduce_sum(tf.sqrt(sq + 1e-12))
        return adv_loss(batch) + tau * flow

    def candidate(batch):
        flows = tf.convert_to_tensor(flows_var)
        total = []
        for shifted in neighbours(flows):
            dist = tf.sqrt(tf.reduce_sum(tf.square(flows - shifted), axis=1))
            total.append(tf.reduce_sum(dist, axis=[1, 2]))
        return adv_loss(batch) + tau * tf.reduce_sum(tf.add_n(total))

    return {"reference": reference, "candidate": candidate, "batch": {"images": images, "targets": targets},
            "variables": [flows_var, weights]}
