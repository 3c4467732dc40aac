"""MAML meant to be second order, but the inner-loop gradients do not stay in the graph (no create_graph), so the Hessian terms are lost. Source: https://github.com/dragen1860/MAML-Pytorch/issues/59"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "grad = [tf.stop_gradient(g) for g in tape.gradient(loss, fast_weights)]",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    tasks, shots, hidden, update_step, update_lr = 3, 5, 8, 2, 0.3
    var = lambda *s: tf.Variable(rng.normal(scale=0.8, size=s).astype(np.float32))
    weights = [var(1, hidden), var(hidden), var(hidden, hidden), var(hidden), var(hidden, 1), var(1)]

    def functional_forward(x, w):
        h = tf.tanh(x @ w[0] + w[1])
        h = tf.tanh(h @ w[2] + w[3])
        return h @ w[4] + w[5]

    def mse(x, y, w):
        return tf.reduce_mean(tf.square(functional_forward(x, w) - y))

    def adapt_exact(x, y):
        current = [tf.convert_to_tensor(w) for w in weights]
        for _ in range(update_step):
            with tf.GradientTape() as inner:
                inner.watch(current)
                support = mse(x, y, current)
            current = [w - update_lr * g for w, g in zip(current, inner.gradient(support, current))]
        return current

    def reference(batch):
        total = 0.0
        for i in range(tasks):
            adapted = adapt_exact(batch["x_spt"][i], batch["y_spt"][i])
            total += mse(batch["x_qry"][i], batch["y_qry"][i], adapted)
        return total / tasks

    def candidate(batch):
        losses_q = []
        for i in range(tasks):
            fast_weights = [tf.identity(w) for w in weights]
            for k in range(update_step):
                with tf.GradientTape() as tape:
                    tape.watch(fast_weights)
                    loss = mse(batch["x_spt"][i], batch["y_spt"][i], fast_weights)
                grad = [tf.stop_gradient(g) for g in tape.gradient(loss, fast_weights)]
                fast_weights = [p - update_lr * g for g, p in zip(grad, fast_weights)]
            losses_q.append(mse(batch["x_qry"][i], batch["y_qry"][i], fast_weights))
        return tf.add_n(losses_q) / tasks

    amp, phase = rng.uniform(0.5, 2, size=(tasks, 1, 1)), rng.uniform(0, 3, size=(tasks, 1, 1))
    xs, xq = rng.uniform(-2, 2, size=(tasks, shots, 1)), rng.uniform(-2, 2, size=(tasks, shots, 1))
    batch = {"x_spt": xs, "y_spt": amp * np.sin(xs + phase), "x_qry": xq, "y_qry": amp * np.sin(xq + phase)}
    return {"reference": reference, "candidate": candidate, "batch": {k: v.astype(np.float32) for k, v in batch.items()}, "variables": weights}
