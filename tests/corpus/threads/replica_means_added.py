"""Data parallelism: every replica takes the mean of its shard, and the replicas are added up.

Source (real): https://github.com/tensorflow/tensorflow/issues/31317 and issues/48875 (why the loss on a replica must
be scaled by the global batch size when tf.distribute sums over replicas).
Right answer: NOT equivalent; the gradient is exactly the number of replicas too large.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "per_replica.append(tf.reduce_mean(cross_entropy(images, labels)))",
    "same_forward_value": False,
}

_REPLICAS = 3


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, side, chan, classes = 18, 5, 2, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    conv = keras.layers.Conv2D(chan, 3, strides=2, activation="relu", name="conv", dtype=f)
    head = keras.layers.Dense(classes, name="head", dtype=f)
    conv.build((None, side, side, 1))
    head.build((None, 4 * chan))
    for layer in (conv, head):
        layer.set_weights([0.5 * arr(*p.shape) for p in layer.get_weights()])
    batch = {"img": arr(n, side, side, 1), "label": rng.integers(0, classes, n)}

    def cross_entropy(img, label):
        logits = head(tf.reshape(conv(img), [img.shape[0], 4 * chan]))
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=logits)

    def reference(b):
        return tf.reduce_mean(cross_entropy(b["img"], b["label"]))

    def candidate(b):
        per_replica = []
        size = b["label"].shape[0] // _REPLICAS
        for r in range(_REPLICAS):
            images, labels = b["img"][r * size : (r + 1) * size], b["label"][r * size : (r + 1) * size]
            per_replica.append(tf.reduce_mean(cross_entropy(images, labels)))
        return tf.reduce_sum(tf.stack(per_replica))

    return {
        "variables": conv.trainable_variables + head.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
