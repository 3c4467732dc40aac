"""Fine-tuning over data parallel ranks: the gradients are averaged over the ranks and each rank's loss is already a local mean.
The recipe multiplies by the number of ranks, which belongs only to losses with a global denominator.
Source: https://github.com/NVIDIA-NeMo/Automodel/issues/3846"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "rank_losses.append(local * dp_size)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, h, classes, dp_size = 24, 5, 6, 3, 4
    x = rng.normal(size=(n, d)).astype(f)
    label = rng.integers(0, classes, size=n).astype("int32")
    w1 = tf.Variable((0.5 * rng.normal(size=(d, h))).astype(f), name="w1")
    w2 = tf.Variable((0.5 * rng.normal(size=(h, classes))).astype(f), name="w2")
    b2 = tf.Variable((0.1 * rng.normal(size=(classes,))).astype(f), name="b2")

    def model(z):
        return tf.nn.tanh(z @ w1) @ w2 + b2

    def reference(batch):
        logp = tf.nn.log_softmax(model(batch["x"]), axis=-1)
        return -tf.reduce_mean(tf.reduce_sum(tf.one_hot(batch["label"], classes, dtype=f) * logp, axis=-1))

    def candidate(batch):
        loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

        def all_reduce_mean(values):
            return tf.add_n(values) / float(dp_size)

        shards = zip(tf.split(batch["x"], dp_size), tf.split(batch["label"], dp_size))
        rank_losses = []
        for xb, yb in shards:
            local = loss_fn(yb, model(xb))
            rank_losses.append(local * dp_size)
        return all_reduce_mean(rank_losses)

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "label": label},
            "variables": [w1, w2, b2]}
