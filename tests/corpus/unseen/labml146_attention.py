"""DDPM U-Net self-attention: softmax over the query axis of 'bijh' instead of the key axis. Source: https://github.com/labmlai/annotated_deep_learning_paper_implementations/issues/146"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "attn = tf.nn.softmax(attn, axis=1)",
    "same_forward_value": False,
}


class AttentionBlock(tf.keras.layers.Layer):
    def __init__(self, n_channels, n_heads, d_k, seed):
        super().__init__()
        init = lambda k: tf.keras.initializers.GlorotNormal(seed=seed + k)
        self.projection = tf.keras.layers.Dense(n_heads * d_k * 3, kernel_initializer=init(0))
        self.out = tf.keras.layers.Dense(n_channels, kernel_initializer=init(1))
        self.n_heads, self.d_k, self.scale = n_heads, d_k, d_k ** -0.5

    def heads(self, x):
        b, h, w, c = x.shape
        x = tf.reshape(x, (b, h * w, c))
        qkv = tf.reshape(self.projection(x), (b, h * w, self.n_heads, 3 * self.d_k))
        return x, tf.split(qkv, 3, axis=-1)

    def call(self, x):
        shape = x.shape
        x, (q, k, v) = self.heads(x)
        attn = tf.einsum("bihd,bjhd->bijh", q, k) * self.scale
        attn = tf.nn.softmax(attn, axis=1)
        res = tf.einsum("bijh,bjhd->bihd", attn, v)
        res = self.out(tf.reshape(res, (shape[0], -1, self.n_heads * self.d_k)))
        return tf.reshape(res + x, shape)


def build(seed=0):
    rng = np.random.default_rng(seed)
    b, side, c = 2, 3, 4
    block = AttentionBlock(c, n_heads=2, d_k=4, seed=seed)
    x0 = rng.normal(size=(b, side, side, c)).astype("float32")
    block(tf.constant(x0))

    def right_block(x):
        flat, (q, k, v) = block.heads(x)
        q, k, v = (tf.transpose(t, (0, 2, 1, 3)) for t in (q, k, v))
        attn = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) * block.scale)
        res = tf.transpose(tf.matmul(attn, v), (0, 2, 1, 3))
        res = block.out(tf.reshape(res, (b, side * side, -1)))
        return tf.reshape(res + flat, x.shape)

    def noised(batch):
        a = tf.reshape(batch["alpha_bar"], (-1, 1, 1, 1))
        return tf.sqrt(a) * batch["x0"] + tf.sqrt(1 - a) * batch["noise"]

    def reference(batch):
        return tf.reduce_mean(tf.square(batch["noise"] - right_block(noised(batch))))

    def candidate(batch):
        eps_theta = block(noised(batch))
        return tf.reduce_mean(tf.keras.losses.mse(batch["noise"], eps_theta))

    batch = {"x0": 2.0 * x0, "noise": rng.normal(size=x0.shape).astype("float32"),
             "alpha_bar": np.array([0.8, 0.3], "float32")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": block.trainable_variables}
