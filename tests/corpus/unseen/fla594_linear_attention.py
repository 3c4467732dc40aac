"""Causal linear attention: the normaliser's cumulative sum of the keys runs over the heads axis of [B, T, H, K] (dim -2) instead of time. Source: https://github.com/fla-org/flash-linear-attention/pull/594"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "k = tf.cumsum(k, axis=-2)",
    "same_forward_value": False,
}


def normalize_output(q, k, o):
    k = tf.cumsum(k, axis=-2)
    z = tf.reduce_sum(q * k, axis=-1, keepdims=True)
    return o / (z + 1e-10)


def build(seed=0):
    rng = np.random.default_rng(seed)
    B, T, H, K, V = 2, 6, 3, 4, 10
    D = H * K
    emb = tf.Variable(rng.normal(0, 0.7, (V, D)).astype("float32"))
    w_q, w_k, w_v, w_o = (tf.Variable(rng.normal(0, 0.4, (D, D)).astype("float32")) for _ in range(4))

    def feature_map(x):
        return tf.nn.elu(x) + 1.0

    def qkv(batch):
        x = tf.gather(emb, batch["tokens"])
        heads = lambda w: tf.reshape(x @ w, (B, T, H, K))
        return x, feature_map(heads(w_q)), feature_map(heads(w_k)), heads(w_v)

    def lm_loss(x, o, batch):
        h = x + tf.reshape(o, (B, T, D)) @ w_o
        logits = tf.matmul(h, emb, transpose_b=True)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=batch["tokens"][:, 1:], logits=logits[:, :-1]))

    def reference(batch):
        x, q, k, v = qkv(batch)
        scores = tf.einsum("bihk,bjhk->bhij", q, k)
        scores = tf.linalg.band_part(scores, -1, 0)
        scores = scores / (tf.reduce_sum(scores, -1, keepdims=True) + 1e-10)
        return lm_loss(x, tf.einsum("bhij,bjhk->bihk", scores, v), batch)

    def candidate(batch):
        x, q, k, v = qkv(batch)
        state = tf.zeros((B, H, K, K))
        outs = []
        for t in range(T):
            state += k[:, t, :, :, None] * v[:, t, :, None, :]
            outs.append(tf.einsum("bhk,bhkv->bhv", q[:, t], state))
        o = normalize_output(q, k, tf.stack(outs, axis=1))
        return lm_loss(x, o, batch)

    batch = {"tokens": rng.integers(0, V, (B, T)).astype("int32")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [emb, w_q, w_k, w_v, w_o]}
