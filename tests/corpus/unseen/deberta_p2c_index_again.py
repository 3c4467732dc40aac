"""DeBERTa reuses the content-to-position index for position-to-content by gathering along the other axis; a suspected bug, equal to the explicit formula. Source: https://github.com/microsoft/DeBERTa/issues/162"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    B, L, D, span = 2, 5, 4, 3
    wq = var("wq", D, D)
    wk = var("wk", D, D)
    rel = var("rel", 2 * span, D)
    wo = var("wo", D, 1)

    def reference(batch):
        q, k = batch["x"] @ wq, batch["x"] @ wk
        pq, pk = rel @ wq, rel @ wk
        rows = []
        for i in range(L):
            row = []
            for j in range(L):
                ij = min(max(i - j + span, 0), 2 * span - 1)
                s = tf.reduce_sum(q[:, i] * k[:, j], -1)
                s += tf.reduce_sum(q[:, i] * pk[ij], -1)
                s += tf.reduce_sum(k[:, j] * pq[ij], -1)
                row.append(s)
            rows.append(tf.stack(row, -1))
        att = tf.nn.softmax(tf.stack(rows, 1) / (3.0 * D) ** 0.5)
        return tf.reduce_mean((tf.squeeze(att @ batch["x"] @ wo, -1) - batch["y"]) ** 2)

    def candidate(batch):
        scale = (D * 3.0) ** -0.5
        query, key = tf.matmul(batch["x"], wq), tf.matmul(batch["x"], wk)
        pos_query, pos_key = tf.matmul(rel, wq), tf.matmul(rel, wk)
        relative_pos = tf.range(L)[:, None] - tf.range(L)[None, :]
        c2p_pos = tf.clip_by_value(relative_pos + span, 0, 2 * span - 1)
        score = tf.matmul(query * scale, key, transpose_b=True)
        c2p_att = tf.einsum("bqd,pd->bqp", query * scale, pos_key)
        score += tf.gather(c2p_att, tf.tile(c2p_pos[None], [B, 1, 1]), axis=2, batch_dims=2)
        p2c_att = tf.einsum("pd,bkd->bpk", pos_query * scale, key)
        index = tf.tile(tf.transpose(c2p_pos)[None], [B, 1, 1])
        gathered = tf.gather(tf.transpose(p2c_att, [0, 2, 1]), index, axis=2, batch_dims=2)
        score += tf.transpose(gathered, [0, 2, 1])
        context = tf.matmul(tf.nn.softmax(score, axis=-1), batch["x"])
        pred = tf.squeeze(tf.matmul(context, wo), -1)
        return tf.reduce_mean(tf.square(pred - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((B, L, D)).astype(fx), "y": rng.standard_normal((B, L)).astype(fx)},
            "variables": [wq, wk, rel, wo]}
