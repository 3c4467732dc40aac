"""The class weights are replaced by their gathered version, so that the next call gathers from the
weights of the previous labels instead of from the class weights. Source: https://github.com/yatengLG/Focal-Loss-Pytorch/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "weights = tf.gather(weights, labels)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, c = 6, 5, 4
    trunk, h1, h2 = var("trunk", d, 6), var("head_p3", 6, c), var("head_p4", 6, c)
    batch = {"x": rng.standard_normal((n, d)).astype(fx),
             "labels_p3": np.array([3, 1, 0, 2, 1, 3], dtype="int32"),
             "labels_p4": np.array([0, 3, 2, 1, 0, 2], dtype="int32"),
             "alpha": np.array([0.1, 0.9, 0.4, 1.7], dtype=fx)}

    def levels(x):
        f = tf.nn.leaky_relu(x @ trunk)
        return [f @ h1, f @ h2]

    def reference(batch):
        out = []
        for scores, key in zip(levels(batch["x"]), ("labels_p3", "labels_p4")):
            hot = tf.one_hot(batch[key], c, dtype=fx)
            p = tf.nn.softmax(scores)
            modulated = -hot * batch["alpha"] * tf.square(1 - p) * tf.math.log(p)
            out.append(tf.reduce_mean(tf.reduce_sum(modulated, axis=-1)))
        return tf.add_n(out)

    def candidate(batch):
        weights = batch["alpha"]
        total = 0.0
        for logits, labels in zip(levels(batch["x"]), [batch["labels_p3"], batch["labels_p4"]]):
            log_p = tf.nn.log_softmax(logits, axis=1)
            log_p = tf.gather(log_p, labels, batch_dims=1)
            p = tf.exp(log_p)
            weights = tf.gather(weights, labels)
            loss = -tf.square(1.0 - p) * log_p * weights
            total += tf.reduce_mean(loss)
        return total

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [trunk, h1, h2]}
