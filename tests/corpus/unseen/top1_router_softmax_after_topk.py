"""Top-1 mixture of experts: softmax is taken over the single selected logit, so the router's weight is always one and never trains.
Source: https://github.com/NVIDIA/Megatron-LM/issues/894"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": 'scores = tf.nn.softmax(top_logits, axis=-1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    tokens, d, experts, hidden = 16, 6, 4, 5
    x = rng.normal(size=(tokens, d)).astype("float32")
    target = rng.normal(size=(tokens, d)).astype("float32")

    router = tf.Variable(rng.normal(size=(d, experts)).astype("float32"))
    up = tf.Variable(rng.normal(size=(experts, d, hidden)).astype("float32") * 0.5)
    down = tf.Variable(rng.normal(size=(experts, hidden, d)).astype("float32") * 0.5)

    def reference(batch):
        probs = tf.nn.softmax(batch["x"] @ router)
        chosen = tf.one_hot(tf.argmax(probs, axis=-1), experts)
        hidden_units = tf.nn.gelu(tf.einsum("nd,edh->neh", batch["x"], up))
        answers = tf.einsum("neh,ehd->ned", hidden_units, down)
        output = tf.einsum("ne,ned->nd", probs * chosen, answers)
        return tf.reduce_mean((batch["x"] + output - batch["target"]) ** 2)

    class TopKRouter:
        def __init__(self, topk):
            self.topk = topk

        def __call__(self, hidden_states):
            logits = tf.matmul(hidden_states, router)
            top_logits, indices = tf.math.top_k(logits, k=self.topk)
            scores = tf.nn.softmax(top_logits, axis=-1)
            return scores, indices

    route = TopKRouter(topk=1)

    def candidate(batch):
        h = batch["x"]
        scores, indices = route(h)
        mixed = tf.zeros_like(h)
        for e in range(experts):
            rows = tf.where(indices[:, 0] == e)[:, 0]
            permuted = tf.nn.gelu(tf.gather(h, rows) @ up[e]) @ down[e]
            permuted = permuted * tf.gather(scores, rows)
            mixed = tf.tensor_scatter_nd_add(mixed, rows[:, None], permuted)
        return tf.reduce_mean(keras.losses.mean_squared_error(batch["target"], h + mixed))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "target": target},
            "variables": [router, up, down]}
