"""The no_grad meant for the frequency table wraps the whole rotation; queries and keys are cut off from their projections.
Source: https://github.com/pico-lm/pico-train/pull/27"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'return tf.stop_gradient(rotated)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    wq, wk, wv = var("wq", 5, 12), var("wk", 5, 12), var("wv", 5, 12)

    def reference(batch):
        t = np.arange(6)[:, None] * np.array([1.0, 0.1])[None]
        cos, sin = np.cos(t).astype(f), np.sin(t).astype(f)

        def rotate(z):
            a, b = z[..., :2], z[..., 2:]
            return tf.concat([a * cos - b * sin, b * cos + a * sin], -1)

        outs = []
        for h in range(3):
            cols = slice(4 * h, 4 * h + 4)
            q, k, v = (tf.einsum("btd,de->bte", batch["x"], m[:, cols]) for m in (wq, wk, wv))
            s = rotate(q) @ tf.transpose(rotate(k), [0, 2, 1]) / 2.0
            outs.append(tf.nn.softmax(s) @ v)
        return tf.reduce_mean((tf.concat(outs, -1) - batch["y"]) ** 2)

    def candidate(batch):
        def rotate_half(t):
            x1, x2 = tf.split(t, 2, axis=-1)
            return tf.concat([-x2, x1], -1)

        def apply_rotary_pos_emb(t):
            pos = tf.range(t.shape[-2])[:, None]
            freqs = tf.cast(pos, t.dtype) * tf.constant([[1.0, 0.1]], t.dtype)
            freqs = tf.concat([freqs, freqs], -1)
            rotated = t * tf.cos(freqs) + rotate_half(t) * tf.sin(freqs)
            return tf.stop_gradient(rotated)

        def split_heads(m):
            return tf.reshape(tf.tensordot(batch["x"], m, 1), (-1, 6, 3, 4))

        class MultiHeadAttention:
            def __call__(self):
                q, k, v = split_heads(wq), split_heads(wk), split_heads(wv)
                q, k, v = (tf.transpose(z, [0, 2, 1, 3]) for z in (q, k, v))
                q, k = apply_rotary_pos_emb(q), apply_rotary_pos_emb(k)
                attn = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / 2.0)
                out = tf.transpose(tf.matmul(attn, v), [0, 2, 1, 3])
                return tf.reshape(out, (-1, 6, 12))

        return tf.reduce_mean(tf.math.squared_difference(MultiHeadAttention()(), batch["y"]))

    return {"reference": reference, "candidate": candidate, "variables": [wq, wk, wv],
            "batch": {"x": data(14, 6, 5), "y": data(14, 6, 12)}}
