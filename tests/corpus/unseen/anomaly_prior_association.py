"""Thread: prior_association() draws/evaluates the Gaussian outside the graph, so the loss cannot train the sigma projection Ws.
Source: https://github.com/spencerbraun/anomaly_transformer_pytorch/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "scale = sigma.numpy()",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    N, d, lam = 6, 4, 3.0
    wq = tf.Variable(rng.normal(size=(d, d)).astype(fx) * 0.5, name="Wq")
    wk = tf.Variable(rng.normal(size=(d, d)).astype(fx) * 0.5, name="Wk")
    wv = tf.Variable(rng.normal(size=(d, d)).astype(fx) * 0.5, name="Wv")
    ws = tf.Variable(rng.normal(size=(d, 1)).astype(fx) * 0.5, name="Ws")

    def reference(batch):
        x = batch["x"]
        s = tf.nn.softmax((x @ wq) @ tf.transpose(x @ wk) / np.sqrt(d), axis=-1)
        sg = tf.nn.softplus(x @ ws) + 0.5
        p = tf.exp(-0.5 * (batch["dist"] / sg) ** 2) / (np.sqrt(2 * np.pi) * sg)
        p = p / tf.reduce_sum(p, axis=1, keepdims=True)
        kl = tf.reduce_sum(p * tf.math.log(p / s) + s * tf.math.log(s / p), axis=1)
        recon = tf.reduce_mean((s @ (x @ wv) - x) ** 2)
        return recon + lam * tf.reduce_mean(kl)

    def candidate(batch):
        x, p = batch["x"], batch["dist"]
        queries, keys, values = tf.matmul(x, wq), tf.matmul(x, wk), tf.matmul(x, wv)
        sigma = tf.nn.softplus(tf.matmul(x, ws)) + 0.5

        def prior_association():
            scale = sigma.numpy()
            gaussian = 1 / (np.sqrt(2 * np.pi) * scale) * tf.exp(-0.5 * tf.square(p / scale))
            return gaussian / tf.reduce_sum(gaussian, axis=-1, keepdims=True)

        def series_association():
            return tf.nn.softmax(tf.matmul(queries, keys, transpose_b=True) / np.sqrt(d), axis=-1)

        def kl_rows(a, b):
            return tf.reduce_sum(a * (tf.math.log(a) - tf.math.log(b)), axis=-1)

        P, S = prior_association(), series_association()
        discrepancy = tf.reduce_mean(kl_rows(P, S) + kl_rows(S, P))
        reconstruction = tf.matmul(S, values)
        return tf.reduce_mean(tf.square(x - reconstruction)) + lam * discrepancy

    dist = np.abs(np.arange(N)[:, None] - np.arange(N)[None])
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(N, d)).astype(fx), "dist": dist.astype(fx)},
            "variables": [wq, wk, wv, ws]}
