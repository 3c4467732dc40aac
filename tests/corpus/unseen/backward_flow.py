"""Features of the past frame are warped with the negated forward flow where the backward flow was estimated for it.
Source: https://github.com/anuragranj/back2future.pytorch/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "past_warped = warp(past, -scale * flow_fwd)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, n, c, d = 3, 8, 4, 3
    w_f = tf.Variable(rng.normal(size=(d,), scale=0.7).astype(fx), name="flow_fwd_w")
    w_b = tf.Variable(rng.normal(size=(d,), scale=0.7).astype(fx), name="flow_bwd_w")
    scale = 0.625

    def reference(batch):
        def sample(img, disp):
            x = tf.clip_by_value(tf.range(n, dtype=img.dtype)[None] + disp, 0.0, n - 1.001)
            lo = tf.floor(x)
            frac = (x - lo)[..., None]
            i = tf.cast(lo, tf.int32)
            return tf.gather(img, i, batch_dims=1) * (1 - frac) + tf.gather(img, i + 1, batch_dims=1) * frac

        fwd = scale * tf.einsum("bnd,d->bn", batch["ctx"], w_f)
        bwd = scale * tf.einsum("bnd,d->bn", batch["ctx"], w_b)
        err_f = batch["curr"] - sample(batch["future"], fwd)
        err_p = batch["curr"] - sample(batch["past"], bwd)
        charb = tf.sqrt(err_f ** 2 + 1e-4) + tf.sqrt(err_p ** 2 + 1e-4)
        return tf.reduce_mean(charb)

    def candidate(batch):
        curr, past, future = batch["curr"], batch["past"], batch["future"]

        def warp(feat, flow):
            pos = tf.range(n, dtype=feat.dtype)[None, :] + flow
            pos = tf.clip_by_value(pos, 0.0, n - 1.001)
            left = tf.cast(tf.floor(pos), tf.int32)
            alpha = tf.expand_dims(pos - tf.cast(left, pos.dtype), -1)
            return (1.0 - alpha) * tf.gather(feat, left, batch_dims=1) + alpha * tf.gather(feat, left + 1, batch_dims=1)

        flow_fwd = tf.reduce_sum(batch["ctx"] * w_f, axis=-1)
        flow_bwd = tf.reduce_sum(batch["ctx"] * w_b, axis=-1)
        future_warped = warp(future, scale * flow_fwd)
        past_warped = warp(past, -scale * flow_fwd)
        pair = tf.stack([future_warped, past_warped]) - curr[None]
        return 2.0 * tf.reduce_mean(tf.sqrt(tf.square(pair) + 1e-4))

    t = rng.normal(size=(3, b, n, c)).astype(fx)
    return {"reference": reference, "candidate": candidate,
            "batch": {"curr": t[0], "past": t[1], "future": t[2], "ctx": rng.normal(size=(b, n, d)).astype(fx)},
            "variables": [w_f, w_b]}
