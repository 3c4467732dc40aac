"""In the quantiser's loss beta weights the codebook term instead of the commitment term of the encoder.
Source: https://github.com/TencentARC/SEED-Voken/issues/60"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "quant_loss = mse(tf.stop_gradient(z_q), z) + beta * mse(z_q, tf.stop_gradient(z))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, e, k, beta = 6, 7, 4, 8, 0.25
    enc = tf.Variable(rng.normal(size=(d, e)).astype(fx), name="enc")
    code = tf.Variable(rng.normal(size=(k, e)).astype(fx), name="code")
    dec = tf.Variable(rng.normal(size=(e, d)).astype(fx), name="dec")

    def reference(batch):
        z = tf.matmul(batch["x"], enc)
        dist = tf.reduce_sum((z[:, None, :] - code[None]) ** 2, axis=-1)
        q = tf.gather(code, tf.argmin(dist, axis=1))
        codebook = tf.reduce_mean((tf.stop_gradient(z) - q) ** 2)
        commitment = tf.reduce_mean((z - tf.stop_gradient(q)) ** 2)
        recon = tf.matmul(z + tf.stop_gradient(q - z), dec)
        return tf.reduce_mean((recon - batch["x"]) ** 2) + codebook + beta * commitment

    def candidate(batch):
        def mse(a, b):
            return tf.reduce_mean(tf.math.squared_difference(a, b))

        z = tf.matmul(batch["x"], enc)
        d2 = (tf.reduce_sum(z ** 2, axis=1, keepdims=True) + tf.reduce_sum(code ** 2, axis=1)
              - 2 * tf.matmul(z, code, transpose_b=True))
        min_encodings = tf.one_hot(tf.argmin(d2, axis=1), k, dtype=z.dtype)
        z_q = tf.matmul(min_encodings, code)
        quant_loss = mse(tf.stop_gradient(z_q), z) + beta * mse(z_q, tf.stop_gradient(z))
        z_st = z + tf.stop_gradient(z_q - z)
        return mse(tf.matmul(z_st, dec), batch["x"]) + quant_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx)}, "variables": [enc, code, dec]}
