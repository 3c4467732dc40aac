"""Right: the regularizer uses the raw output instead of log(evidence), and the evidence is its exponential.

Source (real): https://github.com/pandeydeep9/EvidentialResearch2023/issues/1
"""
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
    n, d, c = 14, 6, 4
    w1 = tf.Variable(rng.normal(size=(d, 8)).astype("float32") * 0.5, name="w1")
    w2 = tf.Variable(rng.normal(size=(8, c)).astype("float32") * 0.4, name="w2")
    bias = tf.Variable(rng.normal(size=(c,)).astype("float32") * 0.2, name="bias")
    batch = {"x": rng.normal(size=(n, d)).astype("float32"), "y": rng.integers(0, c, n).astype("int32")}

    def net(x):
        return tf.nn.relu(x @ w1) @ w2 + bias

    def reference(b):
        evidence = tf.exp(net(b["x"]))
        alpha = evidence + 1.0
        S = tf.reduce_sum(alpha, 1)
        y = tf.one_hot(b["y"], c)
        nll = tf.math.log(S) - tf.reduce_sum(y * tf.math.log(alpha), 1)
        vacuity = tf.stop_gradient(c / S)
        reg = vacuity * tf.reduce_sum(y * tf.math.log(evidence), 1)
        return tf.reduce_mean(nll - reg)

    def candidate(b):
        output = net(b["x"])
        alpha = tf.exp(output) + 1.0
        target = tf.one_hot(b["y"], c)
        strength = tf.reduce_sum(alpha, axis=1, keepdims=True)
        loss = tf.reduce_sum(target * (tf.math.log(strength) - tf.math.log(alpha))) / n
        vacuity = tf.stop_gradient(c / strength)
        output_correct = output * target
        loss -= tf.reduce_sum(vacuity * output_correct) / n
        return loss

    return {"variables": [w1, w2, bias], "batch": batch, "reference": reference, "candidate": candidate}
