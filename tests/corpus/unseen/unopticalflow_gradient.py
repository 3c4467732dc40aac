"""UnOpticalFlow smoothness: the image gradients of the edge weights are made with the other gradient
function than the flow's (gradient_x(img) for gradient_x_up(img)). Source: https://github.com/jianfenglihg/UnOpticalFlow/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "img_dx_up = gradient_x(img)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, H, Wd, C = 3, 5, 6, 3
    Wf = tf.Variable(rng.normal(0, 1, (C, 2)).astype(fx), name="Wf")
    b = tf.Variable(rng.normal(0, 0.4, (H, Wd, 2)).astype(fx), name="flow_bias")

    def reference(batch):
        img = batch["image"]
        flow = tf.tensordot(img, Wf, 1) + b
        total = 0.0
        for shift in (1, -1):
            fdx = flow - tf.roll(flow, shift, axis=2)
            idx = img - tf.roll(img, shift, axis=2)
            w = tf.exp(-batch["alpha"] * tf.reduce_mean(tf.abs(idx), axis=-1, keepdims=True))
            total += tf.reduce_mean(tf.abs(fdx) * w * batch["valid"][..., None])
        return total

    def candidate(batch):
        def gradient_x(t):
            return t - tf.roll(t, 1, axis=2)

        def gradient_x_up(t):
            return t - tf.roll(t, -1, axis=2)

        img, valid = batch["image"], batch["valid"][..., None]
        flow = tf.tensordot(img, Wf, 1) + b
        flow_dx, flow_dx_up = gradient_x(flow), gradient_x_up(flow)
        img_dx = gradient_x(img)
        img_dx_up = gradient_x(img)
        w = tf.exp(-batch["alpha"] * tf.reduce_mean(tf.abs(img_dx), axis=-1, keepdims=True))
        w_up = tf.exp(-batch["alpha"] * tf.reduce_mean(tf.abs(img_dx_up), axis=-1, keepdims=True))
        return tf.reduce_mean(tf.abs(flow_dx) * w * valid) + tf.reduce_mean(tf.abs(flow_dx_up) * w_up * valid)

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.normal(0, 1, (B, H, Wd, C)).astype(fx), "alpha": np.asarray(2.0, fx),
                      "valid": (rng.random((B, H, Wd)) > 0.2).astype(fx)},
            "variables": [Wf, b]}
