"""EWC Fisher diagonals take the mean over all entries of a parameter, not over the samples only.
Source: https://github.com/kuc2477/pytorch-ewc/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "fisher = [tf.reduce_mean(tf.square(g)) for g in per_sample]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()
    n_old, n_new, d, c = 6, 5, 4, 3
    w_star, b_star = rng.normal(size=(d, c)).astype(dt), rng.normal(size=c).astype(dt)
    w = tf.Variable(w_star + 0.5 * rng.normal(size=(d, c)), dtype=dt, name="w")
    bias = tf.Variable(b_star + 0.5 * rng.normal(size=c), dtype=dt, name="bias")
    lamda = 4.0

    def reference(batch):
        x, y = batch["old_x"], batch["old_y"]
        f_w, f_b = tf.zeros_like(w_star), tf.zeros_like(b_star)
        for i in range(n_old):
            p = tf.nn.softmax(x[i:i + 1] @ w_star + b_star)
            err = tf.one_hot(y[i:i + 1], c, dtype=dt) - p
            f_w += tf.square(tf.transpose(x[i:i + 1]) @ err) / n_old
            f_b += tf.square(err[0]) / n_old
        penalty = tf.reduce_sum(f_w * (w - w_star) ** 2) + tf.reduce_sum(f_b * (bias - b_star) ** 2)
        logits = batch["x"] @ w + bias
        task = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))
        return task + 0.5 * lamda * penalty

    def candidate(batch):
        def loglikelihood_grads(x, y):
            residual = tf.one_hot(y, c, dtype=dt) - tf.nn.softmax(x @ w_star + b_star)
            return [x[:, :, None] * residual[:, None, :], residual]

        per_sample = loglikelihood_grads(batch["old_x"], batch["old_y"])
        fisher = [tf.reduce_mean(tf.square(g)) for g in per_sample]
        losses = []
        for f, param, mean in zip(fisher, [w, bias], [w_star, b_star]):
            losses.append(tf.reduce_sum(f * tf.square(param - mean)))
        ewc = (lamda / 2) * tf.add_n(losses)
        scores = batch["x"] @ w + bias
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=scores)
        return tf.reduce_mean(ce) + ewc

    return {"reference": reference, "candidate": candidate,
            "batch": {"old_x": (rng.normal(size=(n_old, d)) * [0.3, 1, 2, 1]).astype(dt),
                      "old_y": rng.integers(0, c, size=n_old),
                      "x": rng.normal(size=(n_new, d)).astype(dt), "y": rng.integers(0, c, size=n_new)},
            "variables": [w, bias]}
