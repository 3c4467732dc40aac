"""Bidirectional cross attention: the einsum "bhji,bhjd" on a transposed map was thought to mix up its axes; it is right.
Source: https://github.com/cvg/LightGlue/issues/43"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, m0, m1, dim, heads = 12, 5, 7, 6, 2
    hd = dim // heads
    to_qk = tf.Variable(rng.normal(size=(dim, dim)) * 0.6, dtype=f, name="to_qk")
    to_v = tf.Variable(rng.normal(size=(dim, dim)) * 0.6, dtype=f, name="to_v")
    to_out = tf.Variable(rng.normal(size=(dim, dim)) * 0.6, dtype=f, name="to_out")
    batch = {
        "x0": rng.normal(size=(n, m0, dim)).astype(f), "x1": rng.normal(size=(n, m1, dim)).astype(f),
        "y0": rng.normal(size=(n, m0, dim)).astype(f), "y1": rng.normal(size=(n, m1, dim)).astype(f),
    }

    def reference(batch):
        def look(at, here, there):
            chunks = []
            for h in range(heads):
                cols = slice(h * hd, (h + 1) * hd)
                q, k = here @ to_qk[:, cols], there @ to_qk[:, cols]
                p = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / np.sqrt(hd), axis=2)
                chunks.append(p @ (there @ to_v[:, cols]))
            return tf.reduce_mean((here + tf.concat(chunks, 2) @ to_out - at) ** 2)

        return look(batch["y0"], batch["x0"], batch["x1"]) + look(batch["y1"], batch["x1"], batch["x0"])

    def candidate(batch):
        class CrossBlock:
            scale = hd ** -0.5

            def map_(self, func, x0, x1):
                return func(x0), func(x1)

            def unflatten(self, t):
                return tf.transpose(tf.reshape(t, (n, -1, heads, hd)), (0, 2, 1, 3))

            def forward(self, x0, x1):
                qk0, qk1 = self.map_(lambda t: self.unflatten(t @ to_qk), x0, x1)
                v0, v1 = self.map_(lambda t: self.unflatten(t @ to_v), x0, x1)
                qk0, qk1 = qk0 * self.scale ** 0.5, qk1 * self.scale ** 0.5
                sim = tf.einsum("bhid,bhjd->bhij", qk0, qk1)
                attn01 = tf.nn.softmax(sim, axis=-1)
                attn10 = tf.nn.softmax(tf.transpose(sim, (0, 1, 3, 2)), axis=-1)
                o0 = tf.einsum("bhij,bhjd->bhid", attn01, v1)
                o1 = tf.einsum("bhji,bhjd->bhid", tf.transpose(attn10, (0, 1, 3, 2)), v0)
                o0, o1 = self.map_(
                    lambda t: tf.reshape(tf.transpose(t, (0, 2, 1, 3)), (n, -1, dim)) @ to_out, o0, o1)
                return x0 + o0, x1 + o1

        d0, d1 = CrossBlock().forward(batch["x0"], batch["x1"])
        return (keras.ops.mean(keras.losses.mean_squared_error(batch["y0"], d0))
                + keras.ops.mean(keras.losses.mean_squared_error(batch["y1"], d1)))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [to_qk, to_v, to_out]}
