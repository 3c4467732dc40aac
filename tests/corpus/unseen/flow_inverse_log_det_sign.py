"""A flow layer returns the same log-determinant for both directions; for the inverse it has to be the negative.
Here a model is trained on the inverse pass of a scale layer and an affine coupling.
Source: https://github.com/Information-Fusion-Lab-Umass/NuX/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "return z, tf.reduce_sum(log_s, axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d = 18, 6
    log_scale = tf.Variable(rng.normal(size=(d,)).astype(f) * 0.3, name="log_scale")
    shift = tf.Variable(rng.normal(size=(d,)).astype(f) * 0.3, name="shift")
    cond = tf.Variable(rng.normal(size=(d // 2, d)).astype(f) * 0.3, name="coupling_net")
    x = (rng.normal(size=(n, d)) * 1.5 + 0.4).astype(f)

    def reference(batch):
        u = (batch["x"] - shift) * tf.exp(-log_scale)
        logdet = -tf.reduce_sum(log_scale)
        a, b = u[:, :d // 2], u[:, d // 2:]
        out = tf.tanh(a @ cond)
        s, t = out[:, :d // 2], out[:, d // 2:]
        b = (b - t) * tf.exp(-s)
        logdet = logdet - tf.reduce_sum(s, axis=1)
        base = -0.5 * tf.reduce_sum(a ** 2, 1) - 0.5 * tf.reduce_sum(b ** 2, 1) - 0.5 * d * np.log(2 * np.pi)
        return -tf.reduce_mean(base + logdet)

    def candidate(batch):
        def center_and_scale(inputs, inverse=False):
            log_s = tf.broadcast_to(log_scale, tf.shape(inputs))
            s = tf.exp(log_s)
            if inverse:
                z = (inputs - shift) / s
            else:
                z = inputs * s + shift
            return z, tf.reduce_sum(log_s, axis=-1)

        def coupling(inputs, inverse=False):
            xa, xb = tf.split(inputs, 2, axis=-1)
            log_s, t = tf.split(tf.tanh(tf.matmul(xa, cond)), 2, axis=-1)
            zb = (xb - t) / tf.exp(log_s) if inverse else xb * tf.exp(log_s) + t
            log_det = tf.reduce_sum(log_s, axis=-1)
            return tf.concat([xa, zb], axis=-1), (-log_det if inverse else log_det)

        z, total = batch["x"], tf.zeros((n,), f)
        for layer in (center_and_scale, coupling):
            z, log_det = layer(z, inverse=True)
            total += log_det
        log_pz = -0.5 * tf.reduce_sum(tf.square(z) + np.log(2 * np.pi).astype(f), axis=-1)
        return tf.reduce_mean(-(log_pz + total))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x}, "variables": [log_scale, shift, cond]}
