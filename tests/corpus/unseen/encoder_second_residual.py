"""Encoder layer: the residual of the feed forward block is taken from the layer's inputs and not from the output of
the attention block.
Source: https://github.com/strutive07/transformer-tensorflow2.0/issues/14"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "output = layer_norm(inputs + output, 1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, t, d = 3, 4, 6
    wq, wk, wv, wo = (var(s, d, d) for s in ("wq", "wk", "wv", "wo"))
    f1, f2 = var("f1", d, 8), var("f2", 8, d)
    gamma = tf.Variable((1.0 + 0.2 * rng.normal(size=(2, d))).astype(fx), name="gamma")
    head = var("head", d, 3)

    def ln(x, g):
        m, s = tf.nn.moments(x, [-1], keepdims=True)
        return (x - m) * tf.math.rsqrt(s + 1e-6) * g

    def reference(batch):
        total = 0.0
        for i in range(n):
            x = batch["x"][i]
            att = tf.nn.softmax((x @ wq) @ tf.transpose(x @ wk) / d ** 0.5)
            y = ln(x + att @ (x @ wv) @ wo, gamma[0])
            z = ln(y + tf.nn.relu(y @ f1) @ f2, gamma[1])
            total += -tf.nn.log_softmax(tf.reduce_mean(z, 0)[None] @ head)[0, batch["y"][i]]
        return total / n

    def candidate(batch):
        def layer_norm(v, idx):
            return ln(v, gamma[idx])

        def attention(q, k, v):
            logits = tf.matmul(tf.matmul(q, wq), tf.matmul(k, wk), transpose_b=True) / d ** 0.5
            return tf.matmul(tf.matmul(tf.nn.softmax(logits, axis=-1), tf.matmul(v, wv)), wo)

        inputs = batch["x"]
        output = attention(inputs, inputs, inputs)
        output = layer_norm(inputs + output, 0)
        output = tf.matmul(tf.nn.relu(tf.matmul(output, f1)), f2)
        output = layer_norm(inputs + output, 1)
        logits = tf.matmul(tf.reduce_mean(output, axis=1), head)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, t, d)).astype(fx), "y": rng.integers(0, 3, n).astype("int32")},
            "variables": [wq, wk, wv, wo, f1, f2, gamma, head]}
