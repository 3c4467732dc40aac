"""An autoregressive transformer over latent codes is trained to predict token N from tokens 0..N inclusive.

Source (real): https://github.com/Project-MONAI/GenerativeModels/issues/314
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'quantizations_target = latent',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, T, V, d = 6, 8, 7, 6
    emb = tf.Variable(rng.normal(size=(V, d)).astype("float32") * 0.7, name="emb")
    wq = tf.Variable(rng.normal(size=(d, d)).astype("float32") * 0.5, name="wq")
    wk = tf.Variable(rng.normal(size=(d, d)).astype("float32") * 0.5, name="wk")
    wv = tf.Variable(rng.normal(size=(d, d)).astype("float32") * 0.5, name="wv")
    out = tf.Variable(rng.normal(size=(d, V)).astype("float32") * 0.6, name="out")
    pos = tf.constant(rng.normal(size=(T, d)).astype("float32") * 0.3)
    batch = {"codes": rng.integers(0, V, (n, T)).astype("int32")}

    def transformer(tokens):
        L = tokens.shape[1]
        h = tf.gather(emb, tokens) + pos[:L]
        att = tf.matmul(h @ wq, h @ wk, transpose_b=True) / d ** 0.5
        causal = tf.linalg.band_part(tf.ones((L, L)), -1, 0)
        att = tf.nn.softmax(att - 1e9 * (1.0 - causal))
        return (h + att @ (h @ wv)) @ out

    def reference(b):
        total = 0.0
        for t in range(T - 1):
            last = transformer(b["codes"][:, : t + 1])[:, -1]
            total += tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(b["codes"][:, t + 1], last))
        return total / (T - 1)

    def candidate(b):
        latent = b["codes"]
        logits = transformer(latent)
        quantizations_target = latent
        log_p = tf.nn.log_softmax(logits, axis=-1)
        picked = tf.gather(log_p, quantizations_target, batch_dims=2)
        loss = -tf.reduce_mean(picked)
        return loss

    return {"variables": [emb, wq, wk, wv, out], "batch": batch, "reference": reference, "candidate": candidate}
