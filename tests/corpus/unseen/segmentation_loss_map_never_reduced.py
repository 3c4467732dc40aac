"""Distributed training recipe on masks: the loss is summed over the batch axis only, so a map of the image's size is returned.

Source (real): https://github.com/tensorflow/tensorflow/issues/33651
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "loss_shape",
    "line_marker": 'return tf.reduce_sum(per_example_loss, 0) / GLOBAL_BATCH_SIZE',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, S, c, k = 6, 5, 2, 3
    conv1 = tf.Variable(rng.normal(size=(3, 3, c, 5)).astype("float32") * 0.4, name="conv1")
    bias1 = tf.Variable(rng.normal(size=(5,)).astype("float32") * 0.1, name="bias1")
    conv2 = tf.Variable(rng.normal(size=(1, 1, 5, k)).astype("float32") * 0.5, name="conv2")
    batch = {
        "image": rng.normal(size=(n, S, S, c)).astype("float32"),
        "mask": rng.integers(0, k, size=(n, S, S)).astype("int32"),
    }
    GLOBAL_BATCH_SIZE = n

    def model(x):
        return tf.nn.conv2d(tf.nn.relu(tf.nn.conv2d(x, conv1, 1, "SAME") + bias1), conv2, 1, "SAME")

    def reference(b):
        logits = tf.reshape(model(b["image"]), (n, S * S, k))
        labels = tf.reshape(b["mask"], (n, S * S))
        total = 0.0
        for i in range(n):
            total += tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels[i], logits[i]))
        return total / n

    def loss_object(labels, predictions):
        log_p = tf.nn.log_softmax(predictions, axis=-1)
        return -tf.gather(log_p, labels, batch_dims=3)

    def compute_loss(labels, predictions):
        per_example_loss = loss_object(labels, predictions)
        return tf.reduce_sum(per_example_loss, 0) / GLOBAL_BATCH_SIZE

    def candidate(b):
        predictions = model(b["image"])
        loss = compute_loss(b["mask"], predictions)
        return loss

    return {"variables": [conv1, bias1, conv2], "batch": batch, "reference": reference, "candidate": candidate}
