"""Cross attention: the scores are divided by scale although scale is already head_dim ** -0.5.

Source (real): https://github.com/esceptico/perceiver-io/issues/9 (PyTorch, ported; the author: "Sorry for such a dumb mistake").
Right answer: NOT equivalent; the logits are head_dim times too large.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "attention = tf.matmul(q, k, transpose_b=True) / self.scale",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, latents, inputs, dim, heads = 16, 3, 5, 8, 2
    head_dim = dim // heads

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wq = tf.Variable(0.3 * arr(dim, dim), name="wq")
    wk = tf.Variable(0.3 * arr(dim, dim), name="wk")
    wv = tf.Variable(0.3 * arr(dim, dim), name="wv")
    latent = tf.Variable(arr(latents, dim), name="latent")
    batch = {"tokens": arr(n, inputs, dim), "y": arr(n, latents)}

    def reference(b):
        # head by head, with the formula of the paper
        heads_out = []
        for h in range(heads):
            cols = slice(h * head_dim, (h + 1) * head_dim)
            q = latent @ wq[:, cols]
            k = tf.einsum("bsd,dh->bsh", b["tokens"], wk[:, cols])
            v = tf.einsum("bsd,dh->bsh", b["tokens"], wv[:, cols])
            scores = tf.einsum("lh,bsh->bls", q, k) / np.sqrt(head_dim)
            heads_out.append(tf.nn.softmax(scores) @ v)
        out = tf.reduce_sum(tf.concat(heads_out, axis=-1), axis=-1)
        return tf.reduce_mean(tf.square(out - b["y"]))

    def candidate(b):
        class MultiHeadAttention:
            def __init__(self, num_heads, qk_head_dim):
                self.num_heads = num_heads
                self.qk_head_dim = qk_head_dim
                self.scale = qk_head_dim ** -0.5

            def transpose_for_scores(self, x):
                x = tf.reshape(x, [-1, x.shape[1], self.num_heads, self.qk_head_dim])
                return tf.transpose(x, [0, 2, 1, 3])

            def __call__(self, inputs_kv, inputs_q):
                q = self.transpose_for_scores(inputs_q @ wq)
                k = self.transpose_for_scores(inputs_kv @ wk)
                v = self.transpose_for_scores(inputs_kv @ wv)
                attention = tf.matmul(q, k, transpose_b=True) / self.scale
                weighted = tf.nn.softmax(attention) @ v
                weighted = tf.transpose(weighted, [0, 2, 1, 3])
                return tf.reshape(weighted, [-1, inputs_q.shape[1], dim])

        queries = tf.tile(latent[None], [b["tokens"].shape[0], 1, 1])
        out = tf.reduce_sum(MultiHeadAttention(heads, head_dim)(b["tokens"], queries), axis=-1)
        return tf.reduce_mean(tf.square(out - b["y"]))

    return {"variables": [wq, wk, wv, latent], "batch": batch, "reference": reference, "candidate": candidate}
