"""The TF Trainer divides the summed token loss by the nominal batch size, whatever the number of loss terms in the batch.
Source: https://github.com/huggingface/transformers/pull/6998"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "scaled_loss = per_example_loss / total_train_batch_size",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    replicas, per_replica, length, dim, n_labels = 2, 3, 5, 4, 3
    total_train_batch_size = 8
    x = rng.normal(size=(replicas * per_replica, length, dim)).astype(fx)
    labels = rng.integers(0, n_labels, size=(replicas * per_replica, length))
    labels[rng.uniform(size=labels.shape) < 0.35] = -100
    labels[:, 0] = 1
    body = keras.layers.Dense(5, "tanh", name="body")
    head = keras.layers.Dense(n_labels, name="head")
    body.build((None, length, dim))
    head.build((None, length, 5))

    def reference(batch):
        logits = head(body(batch["x"]))
        keep = tf.where(batch["labels"] >= 0)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.gather_nd(batch["labels"], keep), logits=tf.gather_nd(logits, keep))
        return tf.reduce_mean(ce)

    def candidate(batch):
        def compute_loss(labels, logits):
            active = tf.reshape(labels, (-1,)) != -100
            reduced_logits = tf.boolean_mask(tf.reshape(logits, (-1, n_labels)), active)
            active_labels = tf.boolean_mask(tf.reshape(labels, (-1,)), active)
            return keras.losses.sparse_categorical_crossentropy(active_labels, reduced_logits, from_logits=True)

        def training_step(features, labels):
            logits = head(body(features))
            per_example_loss = compute_loss(labels, logits)
            scaled_loss = per_example_loss / total_train_batch_size
            return tf.reduce_sum(scaled_loss)

        nb_instances = tf.reduce_sum(tf.cast(batch["labels"] != -100, batch["x"].dtype))
        tf.debugging.assert_positive(nb_instances)
        losses = []
        for r in range(replicas):
            rows = slice(r * per_replica, (r + 1) * per_replica)
            losses.append(training_step(batch["x"][rows], batch["labels"][rows]))
        return tf.add_n(losses)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "labels": labels},
            "variables": body.trainable_variables + head.trainable_variables}
