"""Multi-task depth loss: the mask drops every non-positive depth, yet the depth maps are normalised and only 0 means "missing".

Source (real): https://github.com/isl-org/MultiObjectiveOptimization/issues/7 (PyTorch, ported).
Right answer: NOT equivalent; about half of the valid pixels take no part.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "mask = tf.cast(gt > 0, inp.dtype)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, ch, hid, classes = 17, 4, 6, 3, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    shared = tf.Variable(0.8 * arr(ch, hid), name="shared")
    seg_head = tf.Variable(0.8 * arr(hid, classes), name="segmentation")
    depth_head = tf.Variable(0.8 * arr(hid, 1), name="depth")
    depth = arr(n, h, w, 1)
    depth[rng.uniform(size=depth.shape) < 0.2] = 0.0
    batch = {"image": arr(n, h, w, ch), "depth": depth, "label": rng.integers(0, classes, (n, h, w))}

    def features(image):
        return tf.nn.elu(tf.einsum("bhwc,ck->bhwk", image, shared))

    def reference(b):
        z = features(b["image"])
        seg = tf.nn.log_softmax(z @ seg_head)
        picked = tf.reduce_sum(seg * tf.one_hot(b["label"], classes, dtype=seg.dtype), -1)
        known = tf.where(tf.not_equal(b["depth"], 0.0))
        residual = tf.gather_nd(z @ depth_head, known) - tf.gather_nd(b["depth"], known)
        return tf.reduce_mean(tf.abs(residual)) - tf.reduce_mean(picked)

    def candidate(b):
        def depth_loss(inp, gt):
            mask = tf.cast(gt > 0, inp.dtype)
            err = tf.abs(inp - gt) * mask
            return tf.reduce_sum(err) / tf.maximum(tf.reduce_sum(mask), 1.0)

        rep = features(b["image"])
        seg_loss = tf.reduce_mean(
            keras.losses.sparse_categorical_crossentropy(b["label"], rep @ seg_head, from_logits=True)
        )
        losses = {"S": seg_loss, "D": depth_loss(rep @ depth_head, b["depth"])}
        scale = {"S": 1.0, "D": 1.0}
        return sum(scale[t] * losses[t] for t in ("S", "D"))

    return {"variables": [shared, seg_head, depth_head], "batch": batch, "reference": reference, "candidate": candidate}
