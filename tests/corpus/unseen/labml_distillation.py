"""Distillation: after a refactoring the student's soft probabilities are computed from the large model's logits, so the soft loss
no longer reaches the student. Source: https://github.com/labmlai/annotated_deep_learning_paper_implementations/issues/66"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "soft_prob = tf.nn.log_softmax(large_logits / temperature, axis=-1)",
    "same_forward_value": False,
}


def kl_div(log_q, p):
    return tf.reduce_mean(tf.reduce_sum(p * (tf.math.log(p) - log_q), axis=-1))


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, classes = 8, 5
    data = rng.normal(size=(n, 8, 8, 3)).astype("float32")
    target = rng.integers(0, classes, size=n).astype("int32")

    large = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(12, 3, activation="relu"),
                              keras.layers.Conv2D(12, 3, activation="relu"), keras.layers.Flatten(),
                              keras.layers.Dense(classes, kernel_initializer=keras.initializers.RandomNormal(stddev=0.5))])
    large.trainable = False
    small = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3, strides=2, activation="relu"),
                              keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(classes)])
    temperature, soft_targets, label_targets = 5.0, 100.0, 0.5

    def hard(output, target):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=output))

    def reference(batch):
        teacher = tf.stop_gradient(large(batch["data"], training=False))
        student = small(batch["data"], training=True)
        log_q = tf.nn.log_softmax(student / temperature, axis=-1)
        soft = kl_div(log_q, tf.nn.softmax(teacher / temperature, axis=-1))
        return soft_targets * soft + label_targets * hard(student, batch["target"])

    def candidate(batch):
        large_logits = tf.stop_gradient(large(batch["data"], training=False))
        output = small(batch["data"], training=True)
        # soft targets
        soft_prob = tf.nn.log_softmax(large_logits / temperature, axis=-1)
        soft_targets_prob = tf.nn.softmax(large_logits / temperature, axis=-1)
        soft_loss = kl_div(soft_prob, soft_targets_prob)
        # true label loss
        label_loss = hard(output, batch["target"])
        return soft_targets * soft_loss + label_targets * label_loss

    return {"reference": reference, "candidate": candidate, "batch": {"data": data, "target": target},
            "variables": small.trainable_variables}
