"""Elastic weight consolidation: the Fisher diagonal is the square of the gradient of the mean loss, not the mean of the squared gradients.
Source: https://github.com/kuc2477/pytorch-ewc/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loglikelihood = tf.reduce_mean(log_prob)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, c = 21, 4, 3
    old_x = rng.standard_normal((n, d)).astype(f)
    old_y = rng.integers(0, c, n).astype("int32")
    new_x = (rng.standard_normal((n, d)) + 1.0).astype(f)
    new_y = rng.integers(0, c, n).astype("int32")
    w_old = rng.standard_normal((d, c)).astype(f)
    w = tf.Variable(w_old + 0.7 * rng.standard_normal((d, c)), dtype=f, name="w")
    lamda = 5.0

    def new_task(batch):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=batch["new_y"], logits=batch["new_x"] @ w))

    def reference(batch):
        # per sample: d log p / dw = x (onehot - p)^T
        p = tf.nn.softmax(batch["old_x"] @ w_old)
        delta = tf.one_hot(batch["old_y"], c, dtype=f) - p
        fisher = tf.reduce_mean(tf.einsum("nd,nc->ndc", batch["old_x"], delta) ** 2, axis=0)
        return new_task(batch) + 0.5 * lamda * tf.reduce_sum(fisher * (w - w_old) ** 2)

    def candidate(batch):
        class EWC:
            def __init__(self, params):
                self.mean = {name: tf.constant(value) for name, value in params.items()}

            def estimate_fisher(self, data, target):
                with tf.GradientTape() as tape:
                    tape.watch(self.mean)
                    log_prob = tf.gather(tf.nn.log_softmax(tf.matmul(data, self.mean["w"])), target,
                                         axis=1, batch_dims=1)
                    loglikelihood = tf.reduce_mean(log_prob)
                grads = tape.gradient(loglikelihood, self.mean)
                return {name: g ** 2 for name, g in grads.items()}

            def ewc_loss(self, fisher, current):
                losses = [tf.reduce_sum(fisher[k] * (current[k] - self.mean[k]) ** 2) for k in current]
                return (lamda / 2) * sum(losses)

        ewc = EWC({"w": w_old})
        fisher = ewc.estimate_fisher(batch["old_x"], batch["old_y"])
        return new_task(batch) + ewc.ewc_loss(fisher, {"w": w})

    return {"reference": reference, "candidate": candidate,
            "batch": {"old_x": old_x, "old_y": old_y, "new_x": new_x, "new_y": new_y}, "variables": [w]}
