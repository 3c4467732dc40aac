"""Fused residual-add + RMSNorm with a hand written backward that returns both the normed and the summed stream.
The gradient of the residual stream is added before the norm's Jacobian instead of after it.
Source: https://github.com/Dao-AILab/quack/pull/53"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "dx = rmsnorm_bwd(dout + dres_out, xhat, rstd, g)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d_in, d = 15, 4, 6
    x = rng.normal(size=(n, d_in)).astype(f)
    res = rng.normal(size=(n, d)).astype(f)
    y = rng.normal(size=(n, d)).astype(f)
    proj = tf.Variable((0.5 * rng.normal(size=(d_in, d))).astype(f), name="proj")
    weight = tf.Variable((1.0 + 0.2 * rng.normal(size=(d,))).astype(f), name="weight")
    ffn = tf.Variable((0.5 * rng.normal(size=(d, d))).astype(f), name="ffn")
    eps = 1e-6

    def reference(batch):
        stream = batch["res"] + tf.matmul(batch["x"], proj)
        ms = tf.reduce_mean(tf.square(stream), axis=-1, keepdims=True)
        normed = stream / tf.sqrt(ms + eps) * weight
        out = stream + tf.tanh(normed @ ffn)
        return tf.reduce_mean(tf.square(out - batch["y"]))

    def candidate(batch):
        def rmsnorm_bwd(dy, xhat, rstd, g):
            wdy = dy * g
            c1 = tf.reduce_mean(wdy * xhat, axis=-1, keepdims=True)
            return rstd * (wdy - xhat * c1)

        @tf.custom_gradient
        def prenorm(h, residual, g):
            res_out = residual + h
            rstd = tf.math.rsqrt(tf.reduce_mean(res_out * res_out, -1, keepdims=True) + eps)
            xhat = res_out * rstd

            def backward(dout, dres_out):
                dg = tf.reduce_sum(dout * xhat, axis=0)
                dx = rmsnorm_bwd(dout + dres_out, xhat, rstd, g)
                return dx, dx, dg

            return (xhat * g, res_out), backward

        out, res_out = prenorm(tf.matmul(batch["x"], proj), batch["res"], tf.convert_to_tensor(weight))
        res_out = res_out + tf.tanh(tf.matmul(out, ffn))
        return tf.reduce_mean((res_out - batch["y"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "res": res, "y": y}, "variables": [proj, weight, ffn]}
