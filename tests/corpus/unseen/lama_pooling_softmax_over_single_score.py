"""The attention pooling takes the softmax over the last axis, which holds one score, so all weights are 1 and the attention layer never learns (on both sides).

Source (real): https://github.com/catalyst-team/catalyst/pull/285
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": 'attn = tf.nn.softmax(scores, axis=-1)',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, a = 10, 4, 6, 3
    mk = lambda name, *s: tf.Variable((0.5 * rng.normal(size=s)).astype(np.float32), name=name)
    enc, att_w, att_b = mk("enc", d, d), mk("att_w", d, 1), mk("att_b", 1)
    actor, critic = mk("actor", 3 * d, a), mk("critic", 3 * d, 1)
    batch = {
        "obs": rng.normal(size=(n, t, d)).astype(np.float32),
        "act": rng.normal(size=(n, a)).astype(np.float32),
        "ret": rng.normal(size=n).astype(np.float32),
    }

    def heads(feats, b):
        policy = tf.reduce_mean(tf.square(tf.tanh(feats @ actor) - b["act"]))
        value = tf.reduce_mean(tf.square((feats @ critic)[:, 0] - b["ret"]))
        return policy + 0.5 * value

    def reference(b):
        x = tf.nn.relu(b["obs"] @ enc)
        attended = tf.zeros_like(x[:, 0])
        for k in range(t):
            weight = tf.nn.softmax(x[:, k] @ att_w + att_b, axis=-1)      # (n, 1)
            attended += weight * x[:, k]
        return heads(tf.concat([tf.reduce_mean(x, 1), x[:, -1], attended], -1), b)

    def candidate(b):
        feats = tf.nn.relu(tf.einsum("ntd,de->nte", b["obs"], enc))
        scores = tf.einsum("nte,ei->nti", feats, att_w) + att_b
        attn = tf.nn.softmax(scores, axis=-1)
        x_attn = tf.reduce_sum(feats * attn, axis=1)
        pooled = tf.concat([tf.reduce_mean(feats, axis=1), feats[:, -1], x_attn], axis=-1)
        return heads(pooled, b)

    return {"variables": [enc, att_w, att_b, actor, critic], "batch": batch, "reference": reference, "candidate": candidate}
