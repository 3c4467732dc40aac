"""Class prototypes for continual segmentation: features are flattened as (B, W, H, C) but the label map as (B, H, W).

Source (real): https://github.com/hieuvmphan/REMINDER/issues/6 (PyTorch, ported).
Right answer: NOT equivalent; transpose(1, 3) swaps height and width.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "features = tf.reshape(tf.transpose(features, [0, 3, 2, 1]), [-1, ch])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, c_in, ch, h, w, classes = 12, 2, 4, 5, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    kernel = tf.Variable(0.7 * arr(c_in, ch), name="backbone")
    mix = tf.Variable(0.5 * arr(ch, ch), name="neck")
    old_prototypes = arr(classes, ch)
    seg = rng.integers(0, classes, (n, h, w))
    image = (np.stack([seg - 1.0, (seg == 2) * 1.0], axis=1) + 0.5 * arr(n, c_in, h, w)).astype(f)
    batch = {"image": image, "seg": seg}

    def reference(b):
        sums, counts = [0.0] * classes, [0] * classes
        for i in range(h):
            for j in range(w):
                pixel = tf.tanh(b["image"][:, :, i, j] @ kernel) @ mix
                for c in range(classes):
                    chosen = tf.boolean_mask(pixel, b["seg"][:, i, j] == c)
                    sums[c] += tf.reduce_sum(chosen, axis=0)
                    counts[c] += int(chosen.shape[0])
        loss = [tf.reduce_sum(tf.square(s / k - o)) for s, k, o in zip(sums, counts, old_prototypes)]
        return tf.add_n(loss) / classes

    def candidate(b):
        features = tf.tanh(tf.einsum("nihw,ic->nchw", b["image"], kernel))
        features = tf.einsum("nchw,cd->ndhw", features, mix)
        seg = tf.reshape(b["seg"], [-1])
        features = tf.reshape(tf.transpose(features, [0, 3, 2, 1]), [-1, ch])
        loss = 0.0
        for c in range(classes):
            selected_features = tf.boolean_mask(features, seg == c)
            prototype = tf.reduce_mean(selected_features, axis=0)
            loss += tf.reduce_sum((prototype - old_prototypes[c]) ** 2)
        return loss / classes

    return {"variables": [kernel, mix], "batch": batch, "reference": reference, "candidate": candidate}
