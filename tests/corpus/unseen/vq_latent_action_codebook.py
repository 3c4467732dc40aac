"""Latent action model with a VQ bottleneck: the codebook loss is computed on the straight-through output.

Source (real): https://github.com/showlab/Olaf-World/issues/8 (PyTorch, ported: VectorQuantizer and VQLatentActionModel).
Right answer: NOT equivalent; the lookup sits inside stop_gradient only, so the codebook has no gradient (None) at all.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "codebook_loss = tf.reduce_mean(tf.square(out['z_q'] - tf.stop_gradient(out['z_e'])))",
    "same_forward_value": True,
}

_COMMIT = 0.25


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, z_dim, codes = 18, 5, 3, 7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc = tf.Variable(0.4 * arr(2 * d, z_dim), name="encoder")
    dec = tf.Variable(0.4 * arr(d + z_dim, d), name="decoder")
    codebook = tf.Variable(0.7 * arr(codes, z_dim), name="codebook")
    batch = {"frame": arr(n, d), "next_frame": arr(n, d)}

    def reference(b):
        m = b["frame"].shape[0]
        rec = code = commit = 0.0
        for i in range(m):
            x, y = b["frame"][i], b["next_frame"][i]
            ze = tf.linalg.matvec(enc, tf.concat([x, y], 0), transpose_a=True)
            nearest = int(np.argmin(((codebook.numpy() - ze.numpy()) ** 2).sum(-1)))
            e = codebook[nearest]
            action = ze + tf.stop_gradient(e - ze)
            pred = tf.linalg.matvec(dec, tf.concat([x, action], 0), transpose_a=True)
            rec += tf.reduce_sum(tf.square(pred - y)) / d
            code += tf.reduce_sum(tf.square(tf.stop_gradient(ze) - e)) / z_dim
            commit += tf.reduce_sum(tf.square(ze - tf.stop_gradient(e))) / z_dim
        return (rec + code + _COMMIT * commit) / m

    def candidate(b):
        def vector_quantizer(x):
            dist = tf.reduce_sum(tf.square(x[:, None] - codebook[None]), axis=-1)
            indices = tf.argmin(dist, axis=-1)
            z = tf.gather(codebook, indices)
            z_q = x + tf.stop_gradient(z - x)
            return z_q, z, x, indices

        def encode(frames):
            z_e = frames @ enc
            z_q, _, _, indices = vector_quantizer(z_e)
            return {"z_e": z_e, "z_q": z_q, "indices": indices}

        out = encode(tf.concat([b["frame"], b["next_frame"]], axis=-1))
        recon = tf.concat([b["frame"], out["z_q"]], axis=-1) @ dec
        recon_loss = tf.reduce_mean(tf.square(recon - b["next_frame"]))
        codebook_loss = tf.reduce_mean(tf.square(out['z_q'] - tf.stop_gradient(out['z_e'])))
        commit_loss = tf.reduce_mean(tf.square(tf.stop_gradient(out["z_q"]) - out["z_e"]))
        return recon_loss + codebook_loss + _COMMIT * commit_loss

    return {"variables": [enc, dec, codebook], "batch": batch, "reference": reference, "candidate": candidate}
