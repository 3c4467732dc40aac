"""DMN+ episode module: the attention gates are normalised with a softmax that runs over the batch instead of over
the facts. Source: https://github.com/therne/dmn-tensorflow/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "g = tf.nn.softmax(tf.squeeze(l2, -1))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, facts, d, a, c = 4, 5, 6, 8, 3

    def var(name, *shape):
        return tf.Variable((0.7 * rng.standard_normal(shape)).astype(keras.config.floatx()), name=name)

    w1, b1, w2 = var("w1", 4 * d, a), var("b1", a), var("w2", a, 1)
    wx, wh, wo = var("wx", d, d), var("wh", d, d), var("wo", d, c)

    def reference(batch):
        f, q, m = batch["facts"], batch["question"], batch["memory"]
        q_all, m_all = q[:, None, :], m[:, None, :]
        z = tf.concat([f * q_all, f * m_all, tf.abs(f - q_all), tf.abs(f - m_all)], axis=-1)
        scores = tf.tensordot(tf.tanh(tf.tensordot(z, w1, 1) + b1), w2, 1)[..., 0]
        gates = tf.nn.softmax(scores, axis=1)
        state = tf.zeros((n, d), wx.dtype)
        for i in range(facts):
            g = gates[:, i:i + 1]
            state = g * tf.tanh(f[:, i] @ wx + state @ wh) + (1 - g) * state
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["answer"], state @ wo))

    def candidate(batch):
        memory, question = batch["memory"], batch["question"]
        facts_list = tf.unstack(batch["facts"], axis=1)

        def attention(fact):
            vec = tf.concat(
                [fact * question, fact * memory, tf.abs(fact - question), tf.abs(fact - memory)], axis=1)
            return tf.tanh(vec @ w1 + b1) @ w2

        l2 = tf.stack([attention(fact) for fact in facts_list], axis=0)
        l2 = tf.convert_to_tensor(l2)
        g = tf.nn.softmax(tf.squeeze(l2, -1))
        state = tf.zeros_like(memory)
        for gate, fact in zip(tf.unstack(g), facts_list):
            gate = tf.expand_dims(gate, 1)
            update = tf.tanh(fact @ wx + state @ wh)
            state = gate * update + (1.0 - gate) * state
        logits = state @ wo
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["answer"], logits=logits)
        return tf.reduce_mean(ce)

    f = keras.config.floatx()
    return {"reference": reference, "candidate": candidate,
            "batch": {"facts": rng.standard_normal((n, facts, d)).astype(f),
                      "question": rng.standard_normal((n, d)).astype(f),
                      "memory": rng.standard_normal((n, d)).astype(f),
                      "answer": rng.integers(0, c, n).astype("int32")},
            "variables": [w1, b1, w2, wx, wh, wo]}
