"""CapMarket's encoder: the feed forward residual adds x[0], the layer's query input, where the paper adds the
normalised attention output.
Source: https://github.com/JanSchm/CapMarket/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "ff_layer = norm(1, x[0] + ff_layer)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, t, d = 3, 4, 3
    wq, wk, wv = var("wq", 2 * d, d), var("wk", 2 * d, d), var("wv", 2 * d, d)
    wo = var("wo", d, 2 * d)
    c1, c2 = var("c1", 2 * d, 5), var("c2", 5, 2 * d)
    beta = tf.Variable((0.3 * rng.normal(size=(2, 2 * d))).astype(fx), name="beta")
    head = var("head", 2 * d, 1)
    freq, phase = var("freq", d, s=1.0), var("phase", d, s=1.0)

    def embed(x):
        tau = tf.cast(tf.range(t), x.dtype)[:, None] * freq + phase
        return tf.concat([x, tf.ones_like(x) * tf.sin(tau)], axis=-1)

    def norm(i, x):
        mean, v = tf.nn.moments(x, [-1], keepdims=True)
        return (x - mean) * tf.math.rsqrt(v + 1e-6) + beta[i]

    def reference(batch):
        e = embed(batch["x"])
        total = 0.0
        for i in range(n):
            s = e[i]
            p = tf.nn.softmax((s @ wq) @ tf.transpose(s @ wk) / np.sqrt(d))
            s = norm(0, s + p @ (s @ wv) @ wo)
            s = norm(1, s + tf.nn.relu(s @ c1) @ c2)
            total += (tf.reduce_mean(s @ head) - batch["y"][i]) ** 2
        return total / n

    def candidate(batch):
        def attention(query, key, value):
            score = tf.einsum("btd,bsd->bts", query @ wq, key @ wk) / np.sqrt(d)
            return tf.nn.softmax(score, axis=-1) @ (value @ wv) @ wo

        seq = embed(batch["x"])
        x = (seq, seq, seq)
        attn_layer = attention(*x)
        attn_layer = norm(0, x[0] + attn_layer)
        ff_layer = tf.nn.relu(attn_layer @ c1)
        ff_layer = ff_layer @ c2
        ff_layer = norm(1, x[0] + ff_layer)
        pooled = tf.reduce_mean(ff_layer, axis=1)
        pred = tf.squeeze(pooled @ head, axis=-1)
        return tf.reduce_mean(tf.math.squared_difference(pred, batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, t, d)).astype(fx), "y": rng.normal(size=n).astype(fx)},
            "variables": [wq, wk, wv, wo, c1, c2, beta, head, freq, phase]}
