"""GPT-NeoX's rotate_half looked wrong beside the interleaved form, but with frequencies laid out as cat(freqs, freqs) it is a proper rotation of the pairs (i, i + d/2). Source: https://github.com/EleutherAI/gpt-neox/issues/834"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


class RotaryEmbedding:
    def __init__(self, dim, base=10000):
        self.inv_freq = 1.0 / (base ** (np.arange(0, dim, 2, dtype="float32") / dim))

    def __call__(self, seq_len):
        t = tf.range(seq_len, dtype=tf.float32)
        freqs = tf.einsum("i,j->ij", t, tf.constant(self.inv_freq))
        emb = tf.concat((freqs, freqs), axis=-1)
        return tf.cos(emb)[:, None, None, :], tf.sin(emb)[:, None, None, :]


def rotate_half(x):
    x1, x2 = x[..., : x.shape[-1] // 2], x[..., x.shape[-1] // 2:]
    return tf.concat((-x2, x1), axis=-1)


def apply_rotary_pos_emb(q, k, cos, sin):
    return (q * cos) + (rotate_half(q) * sin), (k * cos) + (rotate_half(k) * sin)


def build(seed=0):
    rng = np.random.default_rng(seed)
    sq, b, np_, hn, V = 6, 2, 2, 6, 9
    D = np_ * hn
    word = tf.Variable(rng.normal(0, 0.8, (V, D)).astype("float32"))
    qkv_w = tf.Variable(rng.normal(0, 0.3, (D, 3 * D)).astype("float32"))
    out_w = tf.Variable(rng.normal(0, 0.3, (D, V)).astype("float32"))
    rotary = RotaryEmbedding(hn)

    def project(batch):
        x = tf.gather(word, tf.transpose(batch["tokens"]))
        return x, tf.split(tf.reshape(x @ qkv_w, (sq, b, np_, 3 * hn)), 3, axis=-1)

    def finish(x, q, k, v, batch):
        scores = tf.einsum("ibnh,jbnh->bnij", q, k) / np.sqrt(hn)
        scores = tf.where(tf.linalg.band_part(tf.ones((sq, sq), tf.bool), -1, 0), scores, -1e4)
        ctx = tf.reshape(tf.einsum("bnij,jbnh->ibnh", tf.nn.softmax(scores), v), (sq, b, D))
        logits = (x + ctx) @ out_w
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.transpose(batch["labels"]), logits=logits)
        mask = tf.transpose(batch["loss_mask"])
        return tf.reduce_sum(ce * mask) / tf.reduce_sum(mask)

    def reference(batch):
        x, (q, k, v) = project(batch)
        angle = tf.range(sq, dtype=tf.float32)[:, None] * tf.constant(rotary.inv_freq)[None, :]
        turn = tf.complex(tf.cos(angle), tf.sin(angle))[:, None, None, :]

        def rotate(z):
            first, second = tf.split(z, 2, axis=-1)
            turned = tf.complex(first, second) * turn
            return tf.concat([tf.math.real(turned), tf.math.imag(turned)], axis=-1)
        return finish(x, rotate(q), rotate(k), v, batch)

    def candidate(batch):
        x, (q, k, v) = project(batch)
        cos, sin = rotary(sq)
        q, k = apply_rotary_pos_emb(q, k, cos, sin)
        return finish(x, q, k, v, batch)

    batch = {"tokens": rng.integers(0, V, (b, sq)).astype("int32"), "labels": rng.integers(0, V, (b, sq)).astype("int32"),
             "loss_mask": (rng.random((b, sq)) < 0.8).astype("float32")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [word, qkv_w, out_w]}
