"""The pixel differences of an edge-aware smoothness term are taken in uint8 and wrap around.

Source (real): https://github.com/dwave-examples/image-segmentation/issues/10
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": 'diff = b["image"][:, :, 1:] - b["image"][:, :, :-1]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, h, w, d = 6, 5, 6, 3
    sigma = 30.0
    kernel = tf.Variable(rng.normal(0, 0.6, (d + 1, 1)).astype("float32"), name="seg_kernel")
    bias = tf.Variable(np.zeros(1, "float32"), name="seg_bias")
    base = np.cumsum(rng.normal(0, 12, (n, h, w)), axis=2) + 128
    batch = {
        "image": np.clip(base, 0, 255).astype("uint8"),
        "feat": rng.normal(0, 1, (n, h, w, d)).astype("float32"),
        "mask": (base > 128).astype("float32"),
    }

    def logits(b):
        gray = (tf.cast(b["image"], tf.float32)[..., None] - 128.0) / 64.0
        x = tf.concat([b["feat"], gray], axis=-1)
        return tf.einsum("nhwd,do->nhwo", x, kernel)[..., 0] + bias

    def reference(b):
        out = logits(b)
        bce = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=b["mask"], logits=out))
        gray = tf.cast(b["image"], tf.float32)
        affinity = tf.exp(-((gray[:, :, 1:] - gray[:, :, :-1]) / sigma) ** 2)
        p = tf.sigmoid(out)
        smooth = tf.reduce_mean(affinity * tf.square(p[:, :, 1:] - p[:, :, :-1]))
        return bce + 5.0 * smooth

    def candidate(b):
        out = logits(b)
        prob = tf.sigmoid(out)
        diff = b["image"][:, :, 1:] - b["image"][:, :, :-1]
        weight = tf.exp(-tf.square(tf.cast(diff, tf.float32) / sigma))
        jump = prob[:, :, 1:] - prob[:, :, :-1]
        smooth = tf.reduce_mean(weight * jump ** 2)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=b["mask"], logits=out)
        return tf.reduce_mean(bce) + 5.0 * smooth

    return {"variables": [kernel, bias], "batch": batch, "reference": reference, "candidate": candidate}
