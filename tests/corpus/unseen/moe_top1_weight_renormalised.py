"""MoE with one expert per token: the top-k weight is divided by its own sum, is always 1, and the router gets no gradient from the task.
Source: https://github.com/jingyaogong/minimind/pull/859"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'topk_weight = topk_weight / tf.reduce_sum(topk_weight, -1, keepdims=True)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    gate, experts = var("gate", 5, 4), var("experts", 4, 5, 3)

    def reference(batch):
        p = tf.nn.softmax(batch["x"] @ gate)
        hard = tf.one_hot(tf.argmax(p, -1), 4, dtype=p.dtype)
        out = tf.einsum("be,bi,eio->bo", hard * p, batch["x"], experts)
        return tf.reduce_mean((out - batch["y"]) ** 2)

    def candidate(batch):
        class MOEFeedForward:
            def __init__(self, num_experts=4, num_experts_per_tok=1, norm_topk_prob=True):
                self.n, self.k, self.norm = num_experts, num_experts_per_tok, norm_topk_prob

            def __call__(self, x):
                scores = tf.nn.softmax(tf.matmul(x, gate))
                topk_weight, topk_idx = tf.math.top_k(scores, self.k)
                if self.norm:
                    topk_weight = topk_weight / tf.reduce_sum(topk_weight, -1, keepdims=True)
                y = tf.zeros((x.shape[0], 3), x.dtype)
                for e in range(self.n):
                    share = tf.reduce_sum(tf.where(topk_idx == e, topk_weight, tf.zeros_like(topk_weight)), -1)
                    y += share[:, None] * tf.matmul(x, experts[e])
                return y

        return tf.reduce_mean(tf.math.squared_difference(MOEFeedForward()(batch["x"]), batch["y"]))

    return {"reference": reference, "candidate": candidate, "variables": [gate, experts],
            "batch": {"x": data(24, 5), "y": data(24, 3)}}
