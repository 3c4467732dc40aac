"""edgeai-yolov5 pose: the object keypoint similarity uses s*(4*sigma^2) where a commenter wants 2*(s*sigma)^2.
Source: https://github.com/TexasInstruments/edgeai-yolov5/issues/95"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "e = d / (s * (4.0 * sigmas ** 2) + 1e-9)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, k, d = 5, 6, 7
    head = keras.layers.Dense(2 * k, name="kpt_head")
    head.build((None, d))
    sig = rng.uniform(0.1, 0.4, k).astype(f)

    def reference(batch):
        kp = tf.reshape(head(batch["feat"]), (n, k, 2))
        wh = batch["box"]
        total = 0.0
        for b in range(n):
            visible = tf.cast(batch["vis"][b] > 0, f)
            factor = k / tf.reduce_sum(visible)
            scale = wh[b, 0] * wh[b, 1]
            per = []
            for j in range(k):
                d2 = tf.reduce_sum((kp[b, j] - batch["kpt"][b, j]) ** 2)
                oks = tf.exp(-d2 / (2.0 * (scale * sig[j]) ** 2 + 1e-9))
                per.append((1.0 - oks) * visible[j])
            total += factor * tf.add_n(per) / k
        return total / n

    def candidate(batch):
        pkpt = tf.reshape(head(batch["feat"]), (-1, k, 2))
        tkpt = batch["kpt"]
        sigmas = tf.constant(sig)
        d = tf.reduce_sum(tf.square(pkpt - tkpt), axis=-1)
        s = tf.reduce_prod(batch["box"], axis=1, keepdims=True)
        kpt_mask = tf.cast(batch["vis"] > 0, d.dtype)
        kpt_loss_factor = tf.cast(k, d.dtype) / tf.reduce_sum(kpt_mask, axis=1)
        e = d / (s * (4.0 * sigmas ** 2) + 1e-9)
        lkpt = tf.reduce_mean((1.0 - tf.exp(-e)) * kpt_mask, axis=1)
        return tf.reduce_mean(kpt_loss_factor * lkpt)

    vis = rng.integers(0, 2, (n, k)); vis[:, 0] = 1
    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.standard_normal((n, d)).astype(f),
                      "kpt": rng.standard_normal((n, k, 2)).astype(f),
                      "box": rng.uniform(1.5, 3.0, (n, 2)).astype(f),
                      "vis": vis.astype("int32")},
            "variables": head.trainable_variables}
