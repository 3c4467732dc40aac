"""The router logits of all layers are concatenated before the load-balancing product, so imbalances of different layers cancel out.

Source (real): https://github.com/huggingface/transformers/issues/28255
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'probs = tf.nn.softmax(tf.concat(gate_logits, axis=0), axis=-1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d, E, Lyr, k = 12, 5, 4, 3, 2
    gates = [var("gate%d" % i, d, E, scale=1.5) for i in range(Lyr)]
    mix = [var("mix%d" % i, d, d) for i in range(Lyr)]
    w_y = var("w_y", d, 1)
    batch = {"x": arr(n, d) + 0.4, "y": arr(n)}

    def trunk(b):
        h, logits = b["x"], []
        for g, w in zip(gates, mix):
            logits.append(h @ g)
            h = h + tf.tanh(h @ w)
        task = tf.reduce_mean(tf.square(tf.squeeze(h @ w_y, 1) - b["y"]))
        return task, logits

    def balance(probs):
        _, top = tf.math.top_k(probs, k)
        chosen = tf.reduce_sum(tf.one_hot(top, E), axis=1)
        return E * tf.reduce_sum(tf.reduce_mean(chosen, axis=0) * tf.reduce_mean(probs, axis=0))

    def reference(b):
        task, gate_logits = trunk(b)
        aux = tf.add_n([balance(tf.nn.softmax(lg, axis=-1)) for lg in gate_logits]) / Lyr
        return task + 0.5 * aux

    def candidate(b):
        task, gate_logits = trunk(b)
        probs = tf.nn.softmax(tf.concat(gate_logits, axis=0), axis=-1)
        aux = balance(probs)
        return task + 0.5 * aux

    return {"variables": gates + mix + [w_y], "batch": batch, "reference": reference, "candidate": candidate}
