"""U-GAT-IT's adaptive instance-layer normalisation: mean and variance over several axes, in the port to another framework.
Source: https://github.com/znxlwm/UGATIT-pytorch/issues/30"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'axis',
    "line_marker": 'var = tf.math.reduce_variance(var, axis=ax, keepdims=True)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, hw, c = 3, 4, 3
    kernel = tf.Variable(rng.normal(0, 0.6, (3, 3, 2, c)).astype(fx), name="conv")
    rho = tf.Variable(rng.uniform(0.3, 0.7, c).astype(fx), name="rho")
    mlp = tf.Variable(rng.normal(0, 0.6, (4, 2 * c)).astype(fx), name="style_mlp")

    def reference(batch):
        f = tf.nn.conv2d(batch["image"], kernel, 1, "SAME")
        gamma, beta = tf.split(batch["style"] @ mlp, 2, axis=1)
        m_i, v_i = tf.nn.moments(f, axes=[1, 2], keepdims=True)
        m_l, v_l = tf.nn.moments(f, axes=[1, 2, 3], keepdims=True)
        mixed = rho * (f - m_i) / tf.sqrt(v_i + 1e-5) + (1.0 - rho) * (f - m_l) / tf.sqrt(v_l + 1e-5)
        out = mixed * (1.0 + gamma[:, None, None, :]) + beta[:, None, None, :]
        return tf.reduce_mean(tf.abs(out - batch["target"]))

    def candidate(batch):
        def stats(t, axes):
            mean, var = t, t
            for ax in axes:
                mean = tf.reduce_mean(mean, axis=ax, keepdims=True)
                var = tf.math.reduce_variance(var, axis=ax, keepdims=True)
            return mean, var

        def ada_iln(t, gamma, beta, eps=1e-5):
            in_mean, in_var = stats(t, (1, 2))
            ln_mean, ln_var = stats(t, (3, 1, 2))
            out_in = (t - in_mean) / tf.sqrt(in_var + eps)
            out_ln = (t - ln_mean) / tf.sqrt(ln_var + eps)
            out = rho * out_in + (1.0 - rho) * out_ln
            return out * (1.0 + gamma) + beta

        x = tf.nn.conv2d(batch["image"], kernel, strides=1, padding="SAME")
        params = tf.reshape(tf.matmul(batch["style"], mlp), (n, 1, 1, 2 * c))
        y = ada_iln(x, params[..., :c], params[..., c:])
        return tf.reduce_mean(tf.abs(y - batch["target"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.normal(size=(n, hw, hw, 2)).astype(fx), "style": rng.normal(size=(n, 4)).astype(fx),
                      "target": rng.normal(size=(n, hw, hw, c)).astype(fx)},
            "variables": [kernel, rho, mlp]}
