"""cellpose train.py: class maps that were rescaled (1/255 steps) are turned to long in the class loss, so all become 0.
Source: https://github.com/MouseLand/cellpose/issues/1220"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "cls = tf.cast(lbl[..., 0], tf.int32)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w, c, k = 3, 4, 5, 2, 3
    body = keras.layers.Conv2D(6, 3, padding="same", activation="relu", name="body")
    head = keras.layers.Conv2D(k + 3, 1, name="head")
    body.build((None, h, w, c))
    head.build((None, h, w, 6))

    def reference(batch):
        y, lbl = head(body(batch["img"])), batch["lbl"]
        flow = 5.0 * lbl[..., 2:]
        mse = tf.reduce_mean((y[..., -3:-1] - flow) ** 2) / 2.0
        prob = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(
            logits=y[..., -1], labels=tf.cast(lbl[..., 1] > 0.5, f)))
        ids = tf.cast(tf.round(lbl[..., 0] * 255.0), "int32")
        lp = tf.nn.log_softmax(y[..., :k])
        cls = tf.reduce_mean(tf.gather(lp, ids, batch_dims=3))
        return mse + prob - cls

    def candidate(batch):
        lbl, y = batch["lbl"], head(body(batch["img"]))

        def loss_fn_class():
            cls = tf.cast(lbl[..., 0], tf.int32)
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=cls, logits=y[..., :-3])
            return tf.reduce_mean(ce)

        def loss_fn_seg():
            veci = 5.0 * lbl[..., -2:]
            loss = tf.reduce_mean(tf.square(y[..., -3:-1] - veci)) / 2.0
            cellprob = tf.cast(lbl[..., -3] > 0.5, y.dtype)
            bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=cellprob, logits=y[..., -1])
            return loss + tf.reduce_mean(bce)

        return loss_fn_seg() + loss_fn_class()

    lbl = np.concatenate([rng.integers(0, k, (n, h, w, 1)) / 255.0, rng.integers(0, 2, (n, h, w, 1)),
                          rng.uniform(-1, 1, (n, h, w, 2))], axis=-1)
    return {"reference": reference, "candidate": candidate,
            "batch": {"img": rng.standard_normal((n, h, w, c)).astype(f), "lbl": lbl.astype(f)},
            "variables": body.trainable_variables + head.trainable_variables}
