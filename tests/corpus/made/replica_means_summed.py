"""Data parallelism by hand: each replica takes the mean of its shard, the replicas are then summed.

Source (real): the situation of https://github.com/tensorflow/tensorflow/issues/45923 and issues/31317 (why
tf.distribute forbids SUM_OVER_BATCH_SIZE: gradients are summed, the division by the replicas is left to the user).
Right answer: NOT equivalent; about three times too large, and uneven shards count unevenly.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "replica_losses.append(tf.reduce_mean(per_example))",
    "same_forward_value": False,
}

GLOBAL_SPLIT = (9, 9, 5)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, classes = sum(GLOBAL_SPLIT), 6, 4
    norm = keras.layers.LayerNormalization(name="norm", dtype=f)
    clf = keras.layers.Dense(classes, name="classifier", dtype=f)
    norm.build((None, d))
    clf.build((None, d))
    for layer in (norm, clf):
        layer.set_weights([(0.6 + 0.5 * rng.standard_normal(p.shape)).astype(f) for p in layer.get_weights()])
    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": rng.integers(0, classes, n)}

    def reference(b):
        m = b["y"].shape[0]
        loss = 0.0
        for i in range(m):
            logp = tf.nn.log_softmax(clf(norm(b["x"][i : i + 1])))
            loss -= logp[0, b["y"][i]]
        return loss / m

    def candidate(b):
        cce = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=None)
        shards = zip(tf.split(b["x"], GLOBAL_SPLIT), tf.split(b["y"], GLOBAL_SPLIT))
        replica_losses = []
        for x, y in shards:
            per_example = cce(y, clf(norm(x)))
            replica_losses.append(tf.reduce_mean(per_example))
        return tf.add_n(replica_losses)

    return {
        "variables": norm.trainable_variables + clf.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
