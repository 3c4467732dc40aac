"""Sequence classification recipe: the means of the micro-batches are accumulated without division by their number,
so that the gradient grows with the accumulation steps.
Source: https://github.com/NVIDIA-NeMo/Automodel/issues/3829"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "accumulated = accumulated + loss * dp_group_size",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, d, hid, classes, steps = 24, 7, 5, 3, 4
    w1, w2 = var("w1", d, hid), var("w2", hid, classes)
    batch = {"x": rng.standard_normal((n, d)).astype(f), "labels": rng.integers(0, classes, n)}

    def reference(batch):
        logits = tf.tanh(batch["x"] @ w1) @ w2
        onehot = tf.one_hot(batch["labels"], classes, dtype=f)
        return -tf.reduce_mean(tf.reduce_sum(onehot * tf.nn.log_softmax(logits), -1))

    def candidate(batch):
        dp_group_size = 1.0
        loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum_over_batch_size")

        def forward(inputs):
            return tf.matmul(tf.tanh(tf.matmul(inputs, w1)), w2)

        batches = list(zip(tf.split(batch["x"], steps), tf.split(batch["labels"], steps)))
        accumulated = tf.zeros([], f)
        for inputs, labels in batches:
            loss = loss_fn(labels, forward(inputs))
            accumulated = accumulated + loss * dp_group_size
        return accumulated

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w2]}
