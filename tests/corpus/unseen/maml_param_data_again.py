"""MAML adapts copies of the weights through .data, so the query loss has no path back to the meta-weights.
Source: https://github.com/KanishJebaMathewM/Truxify/pull/13999"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "adapted = [tf.constant(p.numpy() - inner_lr * g.numpy()) for p, g in zip(params, grads)]",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()
    tasks, n, d, h = 3, 5, 2, 4
    w1 = tf.Variable(rng.normal(size=(d, h)), dtype=dt, name="w1")
    b1 = tf.Variable(rng.normal(size=h) * 0.2, dtype=dt, name="b1")
    w2 = tf.Variable(rng.normal(size=(h, 1)), dtype=dt, name="w2")
    inner_lr, decay = 0.1, 0.01

    def net(x, a, c, e):
        return tf.tanh(x @ a + c) @ e

    def reference(batch):
        losses = []
        for t in range(tasks):
            with tf.GradientTape() as tape:
                tape.watch([w1, b1, w2])
                support = tf.reduce_mean((net(batch["sx"][t], w1, b1, w2) - batch["sy"][t]) ** 2)
            g1, gb, g2 = tape.gradient(support, [w1, b1, w2])
            q = net(batch["qx"][t], w1 - inner_lr * g1, b1 - inner_lr * gb, w2 - inner_lr * g2)
            losses.append(tf.reduce_mean((q - batch["qy"][t]) ** 2))
        return tf.add_n(losses) / tasks + decay * tf.reduce_sum(w2 ** 2)

    def candidate(batch):
        params = [w1, b1, w2]

        def criterion(pred, y):
            return tf.reduce_mean(tf.square(pred - y))

        def inner_update(x, y):
            with tf.GradientTape() as tape:
                loss = criterion(net(x, *params), y)
            grads = tape.gradient(loss, params)
            adapted = [tf.constant(p.numpy() - inner_lr * g.numpy()) for p, g in zip(params, grads)]
            return adapted

        meta_loss = 0.0
        for t in range(tasks):
            fast = inner_update(batch["sx"][t], batch["sy"][t])
            meta_loss += criterion(net(batch["qx"][t], *fast), batch["qy"][t])
        return meta_loss / tasks + decay * tf.reduce_sum(tf.square(w2))

    return {"reference": reference, "candidate": candidate,
            "batch": {"sx": rng.normal(size=(tasks, n, d)).astype(dt), "sy": rng.normal(size=(tasks, n, 1)).astype(dt),
                      "qx": rng.normal(size=(tasks, n, d)).astype(dt), "qy": rng.normal(size=(tasks, n, 1)).astype(dt)},
            "variables": [w1, b1, w2]}
