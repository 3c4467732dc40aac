"""Multi-scale rotary tables are picked with the sorted list of heads, where the rank of
each head in that list was meant. Source: https://github.com/VITA-Group/Ms-PoE/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": "rank = head_order",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, T, H, dh = 2, 5, 4, 4
    wq, wk, wv, wo = var("wq", 6, H * dh), var("wk", 6, H * dh), var("wv", 6, H * dh), var("wo", H * dh, 3)
    ratios = np.linspace(1.0, 2.5, H)
    freq = 1.0 / 30.0 ** (np.arange(0, dh, 2) / dh)
    ang = np.arange(T)[None, :, None] / ratios[:, None, None] * freq
    ang = np.concatenate([ang, ang], -1)
    cos_t, sin_t = np.cos(ang).astype(fx), np.sin(ang).astype(fx)

    def rot_half(x):
        a, b = tf.split(x, 2, axis=-1)
        return tf.concat([-b, a], axis=-1)

    def reference(batch):
        heads = []
        for h in range(H):
            sl = slice(h * dh, (h + 1) * dh)
            place = tf.reduce_sum(tf.cast(batch["outlier"] > batch["outlier"][h], "int32"))
            c, s = tf.gather(cos_t, place), tf.gather(sin_t, place)
            q, k, v = batch["x"] @ wq[:, sl], batch["x"] @ wk[:, sl], batch["x"] @ wv[:, sl]
            q, k = q * c + rot_half(q) * s, k * c + rot_half(k) * s
            att = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / dh ** 0.5)
            heads.append(att @ v)
        logits = tf.concat(heads, -1) @ wo
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["label"], logits=logits))

    def candidate(batch):
        def split(t):
            return tf.transpose(tf.reshape(t, [n, T, H, dh]), [0, 2, 1, 3])

        head_order = tf.argsort(batch["outlier"], direction="DESCENDING")
        rank = head_order
        cos, sin = tf.gather(cos_t, rank), tf.gather(sin_t, rank)
        q, k, v = split(batch["x"] @ wq), split(batch["x"] @ wk), split(batch["x"] @ wv)
        q = q * cos + rot_half(q) * sin
        k = k * cos + rot_half(k) * sin
        weights = tf.nn.softmax(tf.einsum("bhqd,bhkd->bhqk", q, k) / dh ** 0.5)
        ctx = tf.einsum("bhqk,bhkd->bqhd", weights, v)
        log_probs = tf.nn.log_softmax(tf.reshape(ctx, [n, T, H * dh]) @ wo)
        return -tf.reduce_mean(tf.gather(log_probs, batch["label"], axis=2, batch_dims=2))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": 2 * arr(n, T, 6), "label": rng.integers(0, 3, (n, T)),
                      "outlier": np.array([458.0, 325.0, 692.0, 100.0], dtype=fx)},
            "variables": [wq, wk, wv, wo]}
