"""Text-video retrieval: the L2 normalization uses axis 1, which for the video tokens is the token axis.

Source (real): https://github.com/gabeur/mmt/issues/1 (PyTorch, ported: F.normalize default dim=1 on (batch, tokens, dim)).
Right answer: NOT equivalent; for the text (batch, dim) the same line is right.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'return tf.math.l2_normalize(x @ self.fc, axis=1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, tokens, dv, dt, dim, margin = 13, 5, 6, 4, 7, 0.3

    wv = tf.Variable(0.6 * arr(dv, dim), name="video_fc")
    wt = tf.Variable(0.6 * arr(dt, dim), name="text_fc")
    batch = {"video": arr(n, tokens, dv), "text": arr(n, dt)}

    def max_margin(sims):
        diag = tf.linalg.diag_part(sims)
        off = 1.0 - tf.eye(sims.shape[0], dtype=sims.dtype)
        rows = tf.nn.relu(margin + sims - diag[:, None]) * off
        cols = tf.nn.relu(margin + sims - diag[None, :]) * off
        return tf.reduce_sum(rows + cols) / tf.reduce_sum(2.0 * off)

    def reference(b):
        txt = b["text"] @ wt
        txt = txt / tf.norm(txt, axis=-1, keepdims=True)
        pooled = 0.0
        for t in range(tokens):
            v = b["video"][:, t] @ wv
            pooled += v / tf.norm(v, axis=-1, keepdims=True)
        return max_margin(tf.matmul(txt, pooled / tokens, transpose_b=True))

    def candidate(b):
        class ReduceDim:
            def __init__(self, fc):
                self.fc = fc

            def __call__(self, x):
                return tf.math.l2_normalize(x @ self.fc, axis=1)

        text_embd = ReduceDim(wt)(b["text"])
        video_experts = ReduceDim(wv)(b["video"])
        video_embd = tf.reduce_mean(video_experts, axis=1)
        return max_margin(tf.einsum("id,jd->ij", text_embd, video_embd))

    return {"variables": [wv, wt], "batch": batch, "reference": reference, "candidate": candidate}
