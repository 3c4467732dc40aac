"""ALiBi: the buffered bias was made for one more key than query, so its zeros lie one above the main diagonal.

Source (real): https://github.com/lucidrains/x-transformers/issues/153 (PyTorch; "works fine because ALiBi is shift invariant").
Right answer: EQUIVALENT under a causal mask: each row is shifted by a constant, which the softmax does not see.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, seq, heads, dim_head = 12, 7, 2, 5
    dim = heads * dim_head

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    to_q, to_k, to_v, to_out = (tf.Variable(0.45 * arr(dim, dim), name=k) for k in ("to_q", "to_k", "to_v", "to_out"))
    batch = {"x": arr(n, seq, dim), "y": arr(n, seq, dim)}

    def reference(b):
        total = 0.0
        for x, y in zip(tf.unstack(b["x"]), tf.unstack(b["y"])):
            q, k, v = x @ to_q, x @ to_k, x @ to_v
            rows = []
            for i in range(seq):
                pieces = []
                for h in range(heads):
                    s = slice(h * dim_head, (h + 1) * dim_head)
                    dots = tf.linalg.matvec(k[: i + 1, s], q[i, s]) * dim_head**-0.5
                    dots -= 2.0 ** (-4.0 * (h + 1)) * np.arange(i, -1, -1).astype(f)
                    pieces.append(tf.linalg.matvec(v[: i + 1, s], tf.nn.softmax(dots), transpose_a=True))
                rows.append(tf.concat(pieces, axis=0))
            total += tf.reduce_mean((tf.stack(rows) @ to_out - y) ** 2)
        return total / b["x"].shape[0]

    class AlibiPositionalBias:
        def __init__(self):
            self.slopes = tf.constant([2.0 ** (-4.0 * (h + 1)) for h in range(heads)], f)
            self.bias = None

        def __call__(self, i, j):
            if self.bias is not None and self.bias.shape[-1] >= j and self.bias.shape[-2] >= i:
                return self.bias[..., :i, :j]
            i_arange = tf.range(j - i, j)
            j_arange = tf.range(j)
            bias = -tf.abs(j_arange[None, None, :] - i_arange[None, :, None])
            self.bias = tf.cast(bias, f) * self.slopes[:, None, None]
            return self.bias

    def candidate(b):
        rel_pos = AlibiPositionalBias()
        rel_pos(seq, seq + 1)
        q, k, v = (
            tf.transpose(tf.reshape(b["x"] @ w, [-1, seq, heads, dim_head]), [0, 2, 1, 3]) for w in (to_q, to_k, to_v)
        )
        dots = tf.einsum("bhid,bhjd->bhij", q, k) * dim_head**-0.5
        dots = dots + rel_pos(seq, seq)
        causal_mask = tf.linalg.band_part(tf.ones([seq, seq], f), -1, 0) < 0.5
        dots = tf.where(causal_mask, tf.constant(-1e9, f), dots)
        out = tf.einsum("bhij,bhjd->bihd", tf.nn.softmax(dots, axis=-1), v)
        out = tf.reshape(out, [-1, seq, dim]) @ to_out
        return tf.reduce_mean(tf.square(out - b["y"]))

    return {"variables": [to_q, to_k, to_v, to_out], "batch": batch, "reference": reference, "candidate": candidate}
