"""Gumbel vector quantiser: the chosen code is scaled by its straight-through weight instead of multiplying the whole one-hot with the codebook, so the codes not chosen send no gradient to the logits.

Source (real): https://github.com/lucidrains/vector-quantize-pytorch/issues/59
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "st_mult = tf.gather(one_hot, ind, batch_dims=1)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k, e = 12, 6, 5, 4
    w_enc = tf.Variable(rng.normal(0, 0.5, (d, k)), name="w_enc", dtype=tf.float32)
    codebook = tf.Variable(rng.normal(0, 1.0, (k, e)), name="codebook", dtype=tf.float32)
    w_dec = tf.Variable(rng.normal(0, 0.5, (e, d)), name="w_dec", dtype=tf.float32)
    u = rng.uniform(1e-3, 1 - 1e-3, (n, k))
    batch = {
        "x": rng.normal(size=(n, d)).astype(np.float32),
        "gumbel": (-np.log(-np.log(u))).astype(np.float32),
    }
    temperature = 0.9

    def sample(b):
        logits = b["x"] @ w_enc
        soft = tf.nn.softmax((logits + b["gumbel"]) / temperature, axis=-1)
        ind = tf.argmax(soft, axis=-1, output_type=tf.int32)
        hard = tf.one_hot(ind, k)
        one_hot = hard + soft - tf.stop_gradient(soft)
        return logits, ind, one_hot

    def prior_kl(logits):
        logq = tf.nn.log_softmax(logits, axis=-1)
        return tf.reduce_mean(tf.reduce_sum(tf.exp(logq) * (logq + np.log(k)), axis=-1))

    def reference(b):
        logits, ind, one_hot = sample(b)
        z_q = tf.einsum("bk,ke->be", one_hot, codebook)
        recon = tf.nn.relu(z_q) @ w_dec + 0.1 * (z_q @ w_dec)
        return tf.reduce_mean(tf.square(recon - b["x"])) + 0.05 * prior_kl(logits)

    def candidate(b):
        logits, ind, one_hot = sample(b)
        emb = tf.gather(codebook, ind)
        st_mult = tf.gather(one_hot, ind, batch_dims=1)
        z_q = emb * st_mult[:, None]
        recon = tf.nn.relu(z_q) @ w_dec + 0.1 * (z_q @ w_dec)
        return tf.reduce_mean(tf.square(recon - b["x"])) + 0.05 * prior_kl(logits)

    return {"variables": [w_enc, codebook, w_dec], "batch": batch, "reference": reference, "candidate": candidate}
