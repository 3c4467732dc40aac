"""MoE load-balancing loss: f_i seems to lack the division by top_k.

Source (real): https://github.com/jingyaogong/minimind/issues/290 (PyTorch; the author: mean(0) runs over the T * K rows).
Right answer: EQUIVALENT to f_i = E / (K T) * count_i, because the one-hot rows are T * K.
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
    n, d, hid, n_experts, top_k, alpha = 32, 5, 6, 4, 2, 0.1

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    gate = tf.Variable(0.8 * arr(n_experts, d), name="gate_weight")
    up = tf.Variable(0.5 * arr(n_experts, d, hid), name="experts_up")
    down = tf.Variable(0.5 * arr(n_experts, hid, d), name="experts_down")
    batch = {"x": arr(n, d), "y": arr(n, d)}

    def reference(b):
        tokens = b["x"].shape[0]
        counts = np.zeros(n_experts, f)
        mean_prob = tf.zeros([n_experts], f)
        error = 0.0
        for i in range(tokens):
            p = tf.nn.softmax(tf.linalg.matvec(gate, b["x"][i]))
            best = np.argsort(-p.numpy(), kind="stable")[:top_k]
            share = sum(p[e] for e in best)
            out = 0.0
            for e in best:
                counts[e] += 1
                hidden = tf.nn.silu(tf.linalg.matvec(up[e], b["x"][i], transpose_a=True))
                out += p[e] / share * tf.linalg.matvec(down[e], hidden, transpose_a=True)
            error += tf.reduce_mean((out - b["y"][i]) ** 2)
            mean_prob += p / tokens
        f_i = counts * n_experts / (top_k * tokens)
        return error / tokens + alpha * tf.tensordot(f_i, mean_prob, 1)

    def candidate(b):
        scores = tf.nn.softmax(tf.matmul(b["x"], gate, transpose_b=True), axis=-1)
        topk_weight, topk_idx = tf.math.top_k(scores, k=top_k)
        topk_weight = topk_weight / tf.reduce_sum(topk_weight, axis=-1, keepdims=True)
        mask_ce = tf.one_hot(tf.reshape(topk_idx, [-1]), n_experts, dtype=scores.dtype)
        ce = tf.reduce_mean(mask_ce, axis=0)
        Pi = tf.reduce_mean(scores, axis=0)
        fi = ce * n_experts
        aux_loss = tf.reduce_sum(Pi * fi) * alpha
        expert_out = tf.einsum("neh,ehd->ned", tf.nn.silu(tf.einsum("nd,edh->neh", b["x"], up)), down)
        picked = tf.gather(expert_out, topk_idx, batch_dims=1)
        y = tf.reduce_sum(picked * topk_weight[..., None], axis=1)
        return tf.reduce_mean(tf.square(y - b["y"])) + aux_loss

    return {"variables": [gate, up, down], "batch": batch, "reference": reference, "candidate": candidate}
