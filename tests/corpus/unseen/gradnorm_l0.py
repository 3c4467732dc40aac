"""GradNorm notebook: the relative losses divide both tasks by the averaged initial loss, not by their own.
Source: https://github.com/hosseinshn/GradNorm/issues/2"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "l0 = tf.reduce_mean(batch['initial'])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, d, alpha = 6, 4, 1.5
    shared = tf.constant(f(d, 2))
    task_w = tf.Variable(np.array([1.6, 0.6]).astype(fx), name="task_weights")

    def reference(batch):
        losses, norms = [], []
        for k in range(2):
            err = batch["x"] @ shared[:, k:k + 1] - batch["y"][:, k:k + 1]
            losses.append(tf.reduce_mean(err ** 2))
            norms.append(task_w[k] * tf.norm(2.0 / n * tf.transpose(batch["x"]) @ err))
        ratio = [losses[k] / batch["initial"][k] for k in range(2)]
        avg_ratio, avg_norm = sum(ratio) / 2, sum(norms) / 2
        out = 0.0
        for k in range(2):
            out += tf.abs(norms[k] - tf.stop_gradient(avg_norm * (ratio[k] / avg_ratio) ** alpha))
        return out

    def candidate(batch):
        residual = tf.matmul(batch["x"], shared) - batch["y"]
        l = tf.reduce_mean(tf.square(residual), axis=0)
        grads = 2.0 * tf.matmul(batch["x"], residual, transpose_a=True) / n
        G = task_w * tf.norm(grads, axis=0)
        G_avg = tf.reduce_mean(G)

        l0 = tf.reduce_mean(batch['initial'])
        lhat = l / l0
        inv_rate = lhat / tf.reduce_mean(lhat)
        C = tf.stop_gradient(G_avg * tf.pow(inv_rate, alpha))
        return tf.reduce_sum(tf.abs(G - C))

    x = f(n, d)
    drift = x @ f(d, 1)
    y = (x @ shared.numpy() + drift * np.array([[0.5, -0.5]])).astype(fx)
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y, "initial": np.array([0.05, 30.0]).astype(fx)},
            "variables": [task_w]}
