"""The data loss is divided by the global batch, but the weight decay is added in full on every replica before the replicas are summed.

Source (real): https://github.com/tensorflow/models/pull/6195
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'loss_r = data + weight_decay * decay_term()',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, c, replicas = 12, 6, 4, 4
    conv = tf.keras.layers.Dense(8, activation="relu")
    fc = tf.keras.layers.Dense(c)
    conv.build((None, d))
    fc.build((None, 8))
    for layer in (conv, fc):
        layer.kernel.assign((0.6 * rng.normal(size=layer.kernel.shape)).astype(np.float32))
    batch = {
        "image": rng.normal(size=(n, d)).astype(np.float32),
        "label": rng.integers(0, c, size=n).astype(np.int32),
    }
    weight_decay, smoothing = 2e-2, 0.1

    def decay_term():
        kernels = [v for v in conv.trainable_variables + fc.trainable_variables if v.shape.rank > 1]
        return tf.add_n([tf.nn.l2_loss(tf.cast(v, tf.float32)) for v in kernels])

    def per_example(image, label):
        soft = tf.one_hot(label, c) * (1.0 - smoothing) + smoothing / c
        return tf.nn.softmax_cross_entropy_with_logits(labels=soft, logits=fc(conv(image)))

    def reference(b):
        return tf.reduce_mean(per_example(b["image"], b["label"])) + weight_decay * decay_term()

    def candidate(b):
        per_replica = []
        for image, label in zip(tf.split(b["image"], replicas), tf.split(b["label"], replicas)):
            xent = per_example(image, label)
            data = tf.nn.compute_average_loss(xent, global_batch_size=n)
            loss_r = data + weight_decay * decay_term()
            per_replica.append(loss_r)
        return tf.add_n(per_replica)                 # what the all-reduce does to the gradients

    return {"variables": conv.trainable_variables + fc.trainable_variables, "batch": batch,
            "reference": reference, "candidate": candidate}
