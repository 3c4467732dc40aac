"""Sparse crosscoder: the loss with the revival term for dead latents is built, but the reconstruction loss alone is returned.

Source (real): https://github.com/oclivegriffin/crosscode/pull/3
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'return recon_loss',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, models, d, lat, k, k_aux, lam = 10, 2, 6, 14, 3, 4, 0.5
    w_enc = tf.Variable(rng.normal(0, 0.4, (models, d, lat)), name="enc", dtype=tf.float32)
    w_dec = tf.Variable(rng.normal(0, 0.4, (lat, models, d)), name="dec", dtype=tf.float32)
    b_dec = tf.Variable(rng.normal(0, 0.1, (models, d)), name="b_dec", dtype=tf.float32)
    dead = np.zeros(lat, np.float32)
    dead[rng.choice(lat, 6, replace=False)] = 1.0
    dead = tf.constant(dead)
    batch = {"acts": rng.normal(size=(n, models, d)).astype(np.float32)}

    def keep_top(pre, count):
        kth = tf.math.top_k(pre, count).values[:, -1:]
        return tf.where(pre >= kth, tf.nn.relu(pre), 0.0)

    def decode(z):
        return tf.einsum("nl,lmd->nmd", z, w_dec)

    def summed_norm(err):
        return tf.reduce_mean(tf.reduce_sum(err ** 2, axis=[1, 2]))

    def forward(b):
        pre = tf.einsum("nmd,mdl->nl", b["acts"] - b_dec, w_enc)
        z = keep_top(pre - 1e3 * dead, k)
        return pre, decode(z) + b_dec

    def aux_loss(pre, residual):
        revived = keep_top(tf.where(dead > 0, pre, -1e3), k_aux)
        return summed_norm(decode(revived) - tf.stop_gradient(residual))

    def reference(b):
        pre, rec = forward(b)
        residual = b["acts"] - rec
        total = summed_norm(residual) + lam * aux_loss(pre, residual)
        return total

    def candidate(b):
        pre, rec = forward(b)
        residual = b["acts"] - rec
        recon_loss = summed_norm(residual)
        dead_loss = aux_loss(pre, residual)
        loss = recon_loss + lam * dead_loss
        log = {"loss": loss, "aux": dead_loss}
        del log
        return recon_loss

    return {"variables": [w_enc, w_dec, b_dec], "batch": batch, "reference": reference, "candidate": candidate}
