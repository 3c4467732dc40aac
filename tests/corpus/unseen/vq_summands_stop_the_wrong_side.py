"""The stop_gradient of codebook and commitment term are exchanged, so beta weighs the codebook instead of the encoder.

Source (real): https://github.com/karpathy/deep-vector-quantization/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'diff = tf.reduce_mean(tf.square(tf.stop_gradient(z_q) - z_e)) + beta * tf.reduce_mean(tf.square(z_q - tf.stop_gradient(z_e)))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d, k, E, beta = 12, 6, 3, 5, 0.25
    w_enc, w_dec, codes = var("w_enc", d, k), var("w_dec", k, d), var("codebook", E, k)
    batch = {"x": arr(n, d)}

    def nearest(z):
        dist = tf.reduce_sum(tf.square(z[:, None] - codes[None]), axis=-1)
        return tf.gather(codes, tf.argmin(dist, axis=1))

    def recon(z_e, z_q, b):
        st = z_e + tf.stop_gradient(z_q - z_e)
        return tf.reduce_mean(tf.square(b["x"] - st @ w_dec))

    def reference(b):
        z_e = tf.tanh(b["x"] @ w_enc)
        z_q = nearest(z_e)
        codebook = tf.reduce_mean(tf.square(z_q - tf.stop_gradient(z_e)))
        commit = tf.reduce_mean(tf.square(z_e - tf.stop_gradient(z_q)))
        return recon(z_e, z_q, b) + codebook + beta * commit

    def candidate(b):
        z_e = tf.tanh(b["x"] @ w_enc)
        z_q = nearest(z_e)
        diff = tf.reduce_mean(tf.square(tf.stop_gradient(z_q) - z_e)) + beta * tf.reduce_mean(tf.square(z_q - tf.stop_gradient(z_e)))
        return recon(z_e, z_q, b) + diff

    return {"variables": [w_enc, w_dec, codes], "batch": batch, "reference": reference, "candidate": candidate}
