"""ANML meta-learning: the inner gradients are taken without create_graph, so the meta-gradient is only of first order.

Source (real): https://github.com/uvm-neurobotics-lab/ANML/issues/3 (PyTorch, ported; the same bug was in OML).
Right answer: NOT equivalent. The inner updates have to stay differentiable for the neuromodulatory network and the encoder.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "grad = tf.stop_gradient(tape.gradient(loss, fast_weights))",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, classes, inner_steps, update_lr = 16, 5, 6, 3, 3, 0.8

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    rln = tf.Variable(0.6 * arr(d, hid), name="rln")
    nm = tf.Variable(0.6 * arr(d, hid), name="neuromodulator")
    pln = tf.Variable(0.5 * arr(hid, classes), name="pln")
    batch = {
        "x_traj": arr(n, d),
        "y_traj": rng.integers(0, classes, n),
        "x_rand": arr(n, d),
        "y_rand": rng.integers(0, classes, n),
    }

    def features(x):
        return tf.tanh(x @ rln) * tf.sigmoid(x @ nm)

    def reference(b):
        h = features(b["x_traj"])
        target = tf.one_hot(b["y_traj"], classes, dtype=h.dtype)
        theta = tf.convert_to_tensor(pln)
        for _ in range(inner_steps):
            error = tf.nn.softmax(h @ theta) - target
            theta = theta - update_lr * tf.transpose(h) @ error / h.shape[0]
        logp = tf.nn.log_softmax(features(b["x_rand"]) @ theta)
        return -tf.reduce_mean(tf.gather(logp, b["y_rand"], batch_dims=1))

    def candidate(b):
        def net(x, vars):
            return features(x) @ vars

        def cross_entropy(logits, y):
            return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))

        def inner_update(x, fast_weights, y):
            with tf.GradientTape() as tape:
                tape.watch(fast_weights)
                loss = cross_entropy(net(x, fast_weights), y)
            grad = tf.stop_gradient(tape.gradient(loss, fast_weights))
            return fast_weights - update_lr * grad

        fast_weights = tf.convert_to_tensor(pln)
        for _ in range(inner_steps):
            fast_weights = inner_update(b["x_traj"], fast_weights, b["y_traj"])
        return cross_entropy(net(b["x_rand"], fast_weights), b["y_rand"])

    return {"variables": [rln, nm, pln], "batch": batch, "reference": reference, "candidate": candidate}
