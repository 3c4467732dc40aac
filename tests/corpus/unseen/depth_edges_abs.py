"""DenseDepth in PyTorch: somebody ports the edge term of the Keras loss (dx_pred - dx_true) and finds it unstable.
Source: https://github.com/ialhashim/DenseDepth/issues/92"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "dx, dy = tf.abs(r - x), tf.abs(b - x)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w, c = 3, 5, 6, 3
    conv = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="conv")
    out = keras.layers.Conv2D(1, 3, padding="same", name="depth")
    conv.build((None, h, w, c))
    out.build((None, h, w, 4))

    def reference(batch):
        y_pred = out(conv(batch["rgb"]))
        y_true = batch["depth"]
        l_depth = tf.reduce_mean(tf.abs(y_pred - y_true))
        dy_true, dx_true = tf.image.image_gradients(y_true)
        dy_pred, dx_pred = tf.image.image_gradients(y_pred)
        l_edges = tf.reduce_mean(tf.abs(dy_pred - dy_true) + tf.abs(dx_pred - dx_true))
        return 0.1 * l_depth + l_edges

    def candidate(batch):
        def image_gradients(x):
            r = tf.pad(x, [[0, 0], [0, 0], [0, 1], [0, 0]])[:, :, 1:, :]
            b = tf.pad(x, [[0, 0], [0, 1], [0, 0], [0, 0]])[:, 1:, :, :]
            dx, dy = tf.abs(r - x), tf.abs(b - x)
            not_last_col = tf.cast(tf.range(w) < w - 1, x.dtype)[None, None, :, None]
            not_last_row = tf.cast(tf.range(h) < h - 1, x.dtype)[None, :, None, None]
            return dx * not_last_col, dy * not_last_row

        output, targets = out(conv(batch["rgb"])), batch["depth"]
        l_depth = tf.reduce_mean(tf.abs(output - targets))
        dy_true, dx_true = image_gradients(targets)
        dy_pred, dx_pred = image_gradients(output)
        l_edges = tf.reduce_mean(tf.abs(dy_pred - dy_true) + tf.abs(dx_pred - dx_true), axis=-1)
        return 0.1 * l_depth + tf.reduce_mean(l_edges)

    return {"reference": reference, "candidate": candidate,
            "batch": {"rgb": rng.standard_normal((n, h, w, c)).astype(f),
                      "depth": rng.uniform(0.5, 3, (n, h, w, 1)).astype(f)},
            "variables": conv.trainable_variables + out.trainable_variables}
