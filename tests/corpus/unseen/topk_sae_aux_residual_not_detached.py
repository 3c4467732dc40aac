"""TopK sparse autoencoder: the residual that the auxiliary loss has to explain is not detached, so it fights the reconstruction.

Source (real): https://github.com/bartbussmann/BatchTopK/issues/4
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'leftover = b["x"] - x_hat',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, lat, k, k_aux = 12, 8, 20, 3, 5
    enc = tf.keras.layers.Dense(lat, dtype="float64", name="enc")
    enc.build((None, d))
    enc.kernel.assign(rng.normal(0, 0.5, (d, lat)))
    enc.bias.assign(rng.normal(0, 0.1, lat))
    dec = tf.Variable(rng.normal(0, 0.4, (lat, d)), name="dec")
    dead = tf.constant(rng.permutation(lat) < 8)
    batch = {"x": rng.normal(size=(n, d))}

    def batch_topk(a, total):
        flat = tf.reshape(a, [-1])
        cut = tf.math.top_k(flat, total).values[-1]
        return tf.where(a >= cut, a, tf.zeros_like(a))

    def reconstruct(x):
        acts = tf.nn.relu(enc(x))
        return acts, batch_topk(tf.where(dead, tf.zeros_like(acts), acts), n * k) @ dec

    def dead_reconstruction(acts):
        only_dead = tf.where(dead, acts, tf.zeros_like(acts))
        return batch_topk(only_dead, n * k_aux // 2) @ dec

    def reference(b):
        acts, x_hat = reconstruct(b["x"])
        l2 = tf.reduce_mean((x_hat - b["x"]) ** 2)
        gap = tf.stop_gradient(b["x"] - x_hat)
        aux = tf.reduce_mean((dead_reconstruction(acts) - gap) ** 2)
        return l2 + 0.5 * aux

    def candidate(b):
        acts, x_hat = reconstruct(b["x"])
        l2 = tf.reduce_mean(tf.square(x_hat - b["x"]))
        leftover = b["x"] - x_hat
        aux = tf.reduce_mean(tf.square(dead_reconstruction(acts) - leftover))
        return l2 + 0.5 * aux

    return {"variables": [enc.kernel, enc.bias, dec], "batch": batch, "reference": reference, "candidate": candidate}
