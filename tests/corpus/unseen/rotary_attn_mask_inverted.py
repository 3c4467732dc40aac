"""The boolean mask is turned into an additive bias the wrong way round in the xformers rotary attention. Source: https://github.com/neuro-galaxy/torch_brain/pull/74"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'sign',
    "line_marker": 'attn_bias = tf.where(mask, neg, zero)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    B, N, H, D = 3, 5, 2, 4
    w_qkv = var("w_qkv", H * D, 3 * H * D)
    w_out = var("w_out", H * D, 2)

    def rotate(x, cos, sin):
        x1, x2 = tf.split(x, 2, axis=-1)
        return x * cos + tf.concat([-x2, x1], -1) * sin

    def reference(batch):
        q, k, v = tf.split(batch["x"] @ w_qkv, 3, axis=-1)
        cos = tf.cos(batch["angles"])[:, None]
        sin = tf.sin(batch["angles"])[:, None]
        heads = lambda t: tf.transpose(tf.reshape(t, [B, N, H, D]), [0, 2, 1, 3])
        q, k, v = rotate(heads(q), cos, sin), rotate(heads(k), cos, sin), heads(v)
        logits = tf.matmul(q, k, transpose_b=True) / D ** 0.5
        e = tf.exp(logits - tf.reduce_max(logits, -1, keepdims=True))
        e = e * tf.cast(batch["mask"], e.dtype)[:, None, None, :]
        att = e / tf.reduce_sum(e, -1, keepdims=True)
        o = tf.reshape(tf.transpose(att @ v, [0, 2, 1, 3]), [B, N, H * D]) @ w_out
        err = tf.reduce_sum((o - batch["target"]) ** 2, -1)
        m = tf.cast(batch["mask"], err.dtype)
        return tf.reduce_sum(err * m) / tf.reduce_sum(m)

    def candidate(batch):
        def rotary_attn_func(query, key, value, angles, attn_mask):
            cos, sin = tf.cos(angles)[:, :, None], tf.sin(angles)[:, :, None]
            query, key = rotate(query, cos, sin), rotate(key, cos, sin)
            mask = attn_mask[:, None, None, :]
            zero = tf.zeros([], query.dtype)
            neg = tf.constant(-1e9, query.dtype)
            attn_bias = tf.where(mask, neg, zero)
            scores = tf.einsum("bnhd,bmhd->bhnm", query, key) * (D ** -0.5) + attn_bias
            return tf.einsum("bhnm,bmhd->bnhd", tf.nn.softmax(scores), value)

        qkv = tf.reshape(tf.einsum("bnd,de->bne", batch["x"], w_qkv), [B, N, 3, H, D])
        q, k, v = tf.unstack(qkv, axis=2)
        out = rotary_attn_func(q, k, v, batch["angles"], batch["mask"])
        pred = tf.reshape(out, [B, N, H * D]) @ w_out
        sq = tf.reduce_sum(tf.math.squared_difference(pred, batch["target"]), -1)
        return tf.reduce_mean(tf.boolean_mask(sq, batch["mask"]))

    mask = np.arange(N)[None] < np.array([[3], [4], [2]])
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((B, N, H * D)).astype(fx), "mask": mask,
                      "angles": rng.uniform(0, 3, (B, N, D)).astype(fx),
                      "target": rng.standard_normal((B, N, 2)).astype(fx)},
            "variables": [w_qkv, w_out]}
