"""The second factor of the load-balancing loss averages the renormalised top-k weights in place of the router probabilities of all experts.

Source (real): https://github.com/AI-Hypercomputer/maxtext/issues/1432
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'density_prob = tf.reduce_mean(weights, axis=1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, s, d, e, k = 6, 8, 5, 4, 2
    gate = tf.Variable((0.9 * rng.normal(size=(d, e))).astype(np.float32), name="gate")
    wi = tf.Variable((0.5 * rng.normal(size=(e, d, 7))).astype(np.float32), name="wi")
    wo = tf.Variable((0.5 * rng.normal(size=(e, 7, d))).astype(np.float32), name="wo")
    batch = {
        "inputs": rng.normal(size=(n, s, d)).astype(np.float32),
        "labels": rng.normal(size=(n, s, d)).astype(np.float32),
    }
    coef = 0.5

    def experts_out(x, combine):
        hidden = tf.nn.gelu(tf.einsum("nsd,edf->nsef", x, wi))
        per_expert = tf.einsum("nsef,efd->nsed", hidden, wo)
        return tf.einsum("nse,nsed->nsd", combine, per_expert)

    def route(probs):
        top_v, top_i = tf.math.top_k(probs, k)
        top_v = top_v / tf.reduce_sum(top_v, -1, keepdims=True)
        one_hot = tf.one_hot(top_i, e)
        return tf.reduce_sum(one_hot, axis=2), tf.einsum("nsk,nske->nse", top_v, one_hot)

    def reference(b):
        probs = tf.nn.softmax(b["inputs"] @ gate, axis=-1)
        chosen, combine = route(probs)
        mse = tf.reduce_mean((experts_out(b["inputs"], combine) - b["labels"]) ** 2)
        balance = 0.0
        for i in range(n):                              # every sequence has its own statistics
            f = tf.reduce_mean(chosen[i], axis=0)
            p = tf.reduce_mean(probs[i], axis=0)
            balance += tf.reduce_sum(f * p) * e
        return mse + coef * balance / n

    def candidate(b):
        gate_logits = tf.einsum("nsd,de->nse", b["inputs"], gate)
        softmax_probs = tf.nn.softmax(gate_logits, axis=-1)
        summed_expert_mask, weights = route(softmax_probs)
        density = tf.reduce_mean(summed_expert_mask, axis=1)
        density_prob = tf.reduce_mean(weights, axis=1)
        lb = tf.reduce_mean(density * density_prob) * e ** 2 * coef
        diff = experts_out(b["inputs"], weights) - b["labels"]
        return tf.reduce_mean(tf.square(diff)) + lb

    return {"variables": [gate, wi, wo], "batch": batch, "reference": reference, "candidate": candidate}
