"""HybridCELoss: the regression part takes the inner product of the raw logits with the brackets; a softmax must come
first. Source: https://github.com/datamol-io/graphium/issues/359"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "regression_input = tf.linalg.matvec(logits, brackets)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    nodes, d, g, k, alpha = 12, 6, 4, 5, 0.5
    gcn = keras.layers.Dense(8, activation="relu", name="gcn")
    head = keras.layers.Dense(k, name="head")
    gcn.build((nodes, d))
    head.build((g, 8))

    def logits_of(batch):
        h = gcn(tf.matmul(batch["adj"], batch["x"]))
        return head(tf.math.segment_mean(h, batch["graph"]))

    def reference(batch):
        z = logits_of(batch)
        y = batch["y"]
        ce = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=z))
        levels = tf.cast(tf.range(k), z.dtype)
        expected_level = tf.reduce_sum(tf.nn.softmax(z) * levels, axis=1)
        mae = tf.reduce_mean(tf.abs(expected_level - tf.cast(y, z.dtype)))
        return alpha * ce + (1 - alpha) * mae

    def candidate(batch):
        logits = logits_of(batch)
        target = batch["y"]
        brackets = tf.cast(tf.range(k), logits.dtype)
        regression_input = tf.linalg.matvec(logits, brackets)
        regression_target = tf.cast(target, logits.dtype)
        ce_loss = keras.losses.sparse_categorical_crossentropy(target, logits, from_logits=True)
        regression_loss = tf.abs(regression_input - regression_target)
        return alpha * tf.reduce_mean(ce_loss) + (1 - alpha) * tf.reduce_mean(regression_loss)

    a = (rng.uniform(size=(nodes, nodes)) < 0.3) + np.eye(nodes)
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(nodes, d)).astype(fx), "adj": (a / a.sum(1, keepdims=True)).astype(fx),
                      "graph": np.repeat(np.arange(g), 3), "y": rng.integers(0, k, size=g)},
            "variables": gcn.trainable_variables + head.trainable_variables}
