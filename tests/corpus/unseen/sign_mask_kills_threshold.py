"""Tiny-object detection: the mask of the difference map is (sign(difference - threshold) + 1) / 2, so the learnable threshold never gets a gradient.

Source (real): https://github.com/Hiyuur/SR-TOD/issues/5 (PyTorch, ported; the author agrees that `torch.sign` blocks it).
Right answer: NOT equivalent to a (steep) sigmoid mask; the threshold's gradient is exactly zero.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "difference_map_mask = (tf.sign(difference_map - learnable_thresh) + 1.0) * 0.5",
    "same_forward_value": False,
}

_STEEP = 8.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, side, ch, classes = 14, 4, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    learnable_thresh = tf.Variable(np.array(0.35, dtype=f), name="learnable_thresh")
    recon_w = tf.Variable(0.4 * arr(ch, 3), name="reconstruction_w")
    cls_w = tf.Variable(0.6 * arr(ch, classes), name="classifier_w")
    batch = {
        "image": rng.random((n, side, side, 3)).astype(f),
        "p2": arr(n, side, side, ch),
        "label": rng.integers(0, classes, n),
    }

    def reference(b):
        restored = tf.sigmoid(tf.einsum("nhwc,cd->nhwd", b["p2"], recon_w))
        gap = tf.abs(restored - b["image"])
        soft = tf.sigmoid(_STEEP * (tf.einsum("nhwd->nhw", gap) / 3.0 - learnable_thresh))
        pooled = tf.einsum("nhw,nhwc->nc", 1.0 + soft, b["p2"]) / side**2
        ce = keras.losses.sparse_categorical_crossentropy(b["label"], pooled @ cls_w, from_logits=True)
        return tf.reduce_mean(ce) + tf.reduce_mean(gap**2)

    def candidate(b):
        class DifferenceMapGuidedEnhancement(keras.layers.Layer):
            def call(self, feature, difference_map):
                difference_map = tf.reduce_mean(difference_map, axis=-1, keepdims=True)
                difference_map_mask = (tf.sign(difference_map - learnable_thresh) + 1.0) * 0.5
                return feature + feature * difference_map_mask

        r_img = tf.sigmoid(b["p2"] @ recon_w)
        difference_map = tf.abs(r_img - b["image"])
        enhanced = DifferenceMapGuidedEnhancement()(b["p2"], difference_map)
        logits = tf.reduce_mean(enhanced, axis=[1, 2]) @ cls_w
        loss_cls = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=logits)
        loss_res = tf.reduce_mean(tf.square(r_img - b["image"]))
        return tf.reduce_mean(loss_cls) + loss_res

    return {"variables": [learnable_thresh, recon_w, cls_w], "batch": batch, "reference": reference, "candidate": candidate}
