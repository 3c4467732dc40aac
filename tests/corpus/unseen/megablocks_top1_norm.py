"""For top_k = 1 the router returns scores.max(-1) of shape [S], and the weights are normalised over tokens. Source: https://github.com/databricks/megablocks/pull/87"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'axis',
    "line_marker": 'return tf.reduce_max(scores, axis=-1), tf.argmax(scores, axis=-1)[:, None]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, E, h = 6, 4, 3, 3
    gate = var("gate", d, E, scale=1.0)
    w1 = var("w1", E, d, h)
    w2 = var("w2", E, h, d)

    def reference(batch):
        scores = tf.nn.softmax(batch["x"] @ gate)
        weight, idx = tf.math.top_k(scores, 1)
        weight = weight / tf.reduce_sum(tf.abs(weight), -1, keepdims=True)
        out = []
        for i in range(n):
            e = idx[i, 0]
            out.append(weight[i, 0] * tf.linalg.matvec(w2[e], tf.nn.gelu(tf.linalg.matvec(w1[e], batch["x"][i], transpose_a=True)), transpose_a=True))
        mse = tf.reduce_mean((tf.stack(out) - batch["target"]) ** 2)
        f = tf.reduce_mean(tf.one_hot(idx[:, 0], E, dtype=scores.dtype), 0)
        return mse + 0.1 * E * tf.reduce_sum(f * tf.reduce_mean(scores, 0))

    def candidate(batch):
        moe_top_k, norm_p = 1, 1

        def _top_k(scores):
            if moe_top_k == 1:
                return tf.reduce_max(scores, axis=-1), tf.argmax(scores, axis=-1)[:, None]
            return tf.math.top_k(scores, k=moe_top_k)

        scores = tf.nn.softmax(tf.matmul(batch["x"], gate), axis=-1)
        expert_weights, expert_indices = _top_k(scores)
        expert_weights = expert_weights / tf.norm(expert_weights, ord=norm_p, axis=-1, keepdims=True)
        expert_weights = tf.reshape(expert_weights, [-1, moe_top_k])
        hidden = tf.nn.gelu(tf.einsum("nd,nkdh->nkh", batch["x"], tf.gather(w1, expert_indices)))
        y = tf.einsum("nkh,nkhd,nk->nd", hidden, tf.gather(w2, expert_indices), expert_weights)
        tokens_per_expert = tf.reduce_mean(tf.one_hot(expert_indices[:, 0], E, dtype=scores.dtype), axis=0)
        lb = E * tf.tensordot(tokens_per_expert, tf.reduce_mean(scores, axis=0), 1)
        return tf.reduce_mean(tf.square(y - batch["target"])) + 0.1 * lb

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(fx), "target": rng.standard_normal((n, d)).astype(fx)},
            "variables": [gate, w1, w2]}
