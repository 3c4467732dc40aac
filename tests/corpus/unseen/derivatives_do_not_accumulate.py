"""MatConvNet's DagNN with several losses on the same variable: owing to a typo the derivatives are not accumulated, so that
only the last consumer of a shared output sends its gradient back (own backward pass, right forward value).
Source: https://github.com/vlfeat/matconvnet/pull/258"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "self.vars[name] = der",
    "same_forward_value": True,
}


class DerStore:
    def __init__(self):
        self.vars, self.pending = {}, {}

    def accumulate(self, name, der):
        if self.pending.get(name, 0) == 0:
            self.vars[name] = 0 + der
        else:
            self.vars[name] = der
        self.pending[name] = self.pending.get(name, 0) + 1


@tf.custom_gradient
def dag_objectives(score, labels, margin_targets):
    """softmax log loss + squared loss of the same prediction; layer by layer backward"""
    n = tf.cast(tf.shape(score)[0], score.dtype)
    p = tf.nn.softmax(score)
    onehot = tf.one_hot(labels, score.shape[1], dtype=score.dtype)
    objective = -tf.reduce_sum(onehot * tf.nn.log_softmax(score)) / n
    objective += 0.5 * tf.reduce_sum((score - margin_targets) ** 2) / n

    def backward(dzdy):
        store = DerStore()
        store.accumulate("prediction", dzdy * (score - margin_targets) / n)
        store.accumulate("prediction", dzdy * (p - onehot) / n)
        return store.vars["prediction"], None, None

    return objective, backward


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    net = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(6, activation="tanh", name="conv"),
                            keras.layers.Dense(3, name="prediction")])

    def reference(batch):
        s = net(batch["x"])
        xent = keras.losses.sparse_categorical_crossentropy(batch["label"], s, from_logits=True)
        return tf.reduce_mean(xent) + tf.reduce_mean(tf.reduce_sum((s - batch["target"]) ** 2, axis=1)) / 2

    def candidate(batch):
        return dag_objectives(net(batch["x"]), batch["label"], batch["target"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((12, 4)).astype(f), "label": rng.integers(0, 3, 12).astype("int32"),
                      "target": rng.standard_normal((12, 3)).astype(f)}, "variables": list(net.trainable_variables)}
