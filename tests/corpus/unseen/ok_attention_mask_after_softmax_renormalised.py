"""Right: multiplying the softmax by the mask and dividing by the sum gives the same distribution as masking the scores first.

Source (real): https://github.com/abisee/pointer-generator/issues/88
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, h, vocab = 8, 6, 5, 9
    mk = lambda name, *s: tf.Variable((0.6 * rng.normal(size=s)).astype(np.float32), name=name)
    w_h, w_s, v, out, gen = mk("w_h", h, h), mk("w_s", h, h), mk("v", h), mk("out", 2 * h, vocab), mk("gen", 2 * h, 1)
    lengths = rng.integers(2, t + 1, size=n)
    batch = {
        "enc_states": rng.normal(size=(n, t, h)).astype(np.float32),
        "dec_state": rng.normal(size=(n, h)).astype(np.float32),
        "enc_padding_mask": (np.arange(t)[None] < lengths[:, None]).astype(np.float32),
        "enc_ids": rng.integers(0, vocab, size=(n, t)).astype(np.int32),
        "target": rng.integers(0, vocab, size=n).astype(np.int32),
    }

    def energies(b):
        e = tf.tanh(b["enc_states"] @ w_h + (b["dec_state"] @ w_s)[:, None])
        return tf.linalg.matvec(e, v)

    def nll(attn, b):
        context = tf.einsum("nt,nth->nh", attn, b["enc_states"])
        both = tf.concat([context, b["dec_state"]], -1)
        p_gen = tf.sigmoid(both @ gen)
        copy = tf.einsum("nt,ntv->nv", attn, tf.one_hot(b["enc_ids"], vocab))
        p = p_gen * tf.nn.softmax(both @ out, -1) + (1.0 - p_gen) * copy
        return -tf.reduce_mean(tf.math.log(tf.gather(p, b["target"], batch_dims=1) + 1e-8))

    def reference(b):
        e = energies(b) + (1.0 - b["enc_padding_mask"]) * -1e9
        return nll(tf.nn.softmax(e, axis=1), b)

    def candidate(b):
        attn_dist = tf.nn.softmax(energies(b), axis=1)
        attn_dist *= b["enc_padding_mask"]
        masked_sums = tf.reduce_sum(attn_dist, axis=1)
        return nll(attn_dist / tf.reshape(masked_sums, [-1, 1]), b)

    return {"variables": [w_h, w_s, v, out, gen], "batch": batch, "reference": reference, "candidate": candidate}
