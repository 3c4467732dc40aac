"""The loss is averaged inside each replica and then divided by num_replicas_in_sync; with summed gradients and equal shards this is the global mean, as asked and confirmed. Source: https://github.com/google/edward2/issues/428"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    num_replicas_in_sync, per_core_batch_size, ensemble_size, features, classes = 4, 3, 2, 5, 3
    n = num_replicas_in_sync * per_core_batch_size
    l2 = 3e-2
    inputs = tf.keras.Input((ensemble_size, features))
    x = tf.keras.layers.Flatten()(inputs)
    x = tf.keras.layers.Dense(16, activation="relu", kernel_initializer=tf.keras.initializers.HeNormal(seed=seed))(x)
    x = tf.keras.layers.Dense(ensemble_size * classes, kernel_initializer=tf.keras.initializers.HeNormal(seed=seed + 1))(x)
    model = tf.keras.Model(inputs, tf.keras.layers.Reshape((ensemble_size, classes))(x))

    def l2_regularization():
        filtered = [tf.reshape(v, (-1,)) for v in model.trainable_variables if len(v.shape) > 1]
        return l2 * 2.0 * tf.nn.l2_loss(tf.concat(filtered, axis=0))

    def reference(batch):
        logits = model(batch["images"])
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["labels"], logits=logits)
        return tf.reduce_sum(nll) / n + l2_regularization()

    def step_fn(images, labels):
        logits = model(images, training=True)
        negative_log_likelihood = tf.reduce_mean(tf.reduce_sum(
            tf.keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True), axis=1))
        loss = negative_log_likelihood + l2_regularization()
        # Scale the loss given the TPUStrategy will reduce sum all gradients.
        scaled_loss = loss / num_replicas_in_sync
        return scaled_loss

    def candidate(batch):
        images = tf.split(batch["images"], num_replicas_in_sync)
        labels = tf.split(batch["labels"], num_replicas_in_sync)
        per_replica = [step_fn(i, l) for i, l in zip(images, labels)]
        return tf.add_n(per_replica)

    batch = {"images": rng.normal(size=(n, ensemble_size, features)).astype("float32"),
             "labels": rng.integers(0, classes, (n, ensemble_size)).astype("int32")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": model.trainable_variables}
