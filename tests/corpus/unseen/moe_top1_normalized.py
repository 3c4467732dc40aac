"""Mixture of experts with one expert per token: the top-k weights are normalized to add up to one, so the router gets no gradient.

Source (real): https://github.com/jingyaogong/minimind/issues/858 and pull/859 (PyTorch, ported).
Right answer: NOT equivalent to a Switch layer. With k = 1 the weight is w / w = 1 for every token; up to rounding, both paths to the gate are dead.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "topk_weight = topk_weight / (tf.reduce_sum(topk_weight, axis=-1, keepdims=True) + 1e-20)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, num_experts, num_experts_per_tok = 24, 5, 6, 3, 1

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    gate = tf.Variable(0.7 * arr(d, num_experts), name="gate_weight")
    up = tf.Variable(0.5 * arr(num_experts, d, hid), name="experts_up")
    down = tf.Variable(0.5 * arr(num_experts, hid, d), name="experts_down")
    batch = {"x": arr(n, d), "target": arr(n, d)}

    def reference(b):
        probs = tf.nn.softmax(b["x"] @ gate)
        chosen = tf.argmax(probs, axis=-1).numpy()
        loss = 0.0
        for i, e in enumerate(chosen):
            hidden = tf.nn.silu(b["x"][i][None] @ up[int(e)])
            y = probs[i, int(e)] * (hidden @ down[int(e)])[0]
            loss += tf.reduce_mean((b["x"][i] + y - b["target"][i]) ** 2)
        return loss / len(chosen)

    def candidate(b):
        def moe_feed_forward(x):
            scores = tf.nn.softmax(x @ gate, axis=-1)
            topk_weight, topk_idx = tf.math.top_k(scores, k=num_experts_per_tok, sorted=False)
            topk_weight = topk_weight / (tf.reduce_sum(topk_weight, axis=-1, keepdims=True) + 1e-20)
            y = tf.zeros_like(x)
            for k in range(num_experts_per_tok):
                w_up, w_down = tf.gather(up, topk_idx[:, k]), tf.gather(down, topk_idx[:, k])
                expert_out = tf.einsum("nh,nhd->nd", tf.nn.silu(tf.einsum("nd,ndh->nh", x, w_up)), w_down)
                y += topk_weight[:, k : k + 1] * expert_out
            return y

        hidden_states = b["x"] + moe_feed_forward(b["x"])
        return tf.reduce_mean(tf.square(hidden_states - b["target"]))

    return {"variables": [gate, up, down], "batch": batch, "reference": reference, "candidate": candidate}
