"""TFTrainer, token classification: the sum over the active tokens is divided by the batch size, not by the number of active tokens.
Source: https://github.com/huggingface/transformers/issues/6968"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "scaled = per_example_loss / total_train_batch_size",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, length, d, tags = 12, 7, 5, 4
    hidden = rng.standard_normal((n, length, d)).astype(f)
    labels = rng.integers(0, tags, (n, length)).astype("int32")
    labels[np.arange(length)[None, :] >= rng.integers(2, length, (n, 1))] = -100
    kernel = tf.Variable(rng.standard_normal((d, tags)), dtype=f, name="kernel")
    bias = tf.Variable(rng.standard_normal((tags,)) * 0.1, dtype=f, name="bias")

    def reference(batch):
        logp = tf.nn.log_softmax(batch["hidden"] @ kernel + bias, axis=-1)
        active = tf.cast(batch["labels"] != -100, f)
        picked = tf.gather(logp, tf.maximum(batch["labels"], 0), axis=-1, batch_dims=2)
        return -tf.reduce_sum(active * picked) / tf.reduce_sum(active)

    def candidate(batch):
        class Trainer:
            num_replicas, per_device = 2, n // 2

            def compute_loss(self, labs, logits):
                loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")
                active_loss = tf.reshape(labs, (-1,)) != -100
                reduced_logits = tf.boolean_mask(tf.reshape(logits, (-1, tags)), active_loss)
                reduced_labels = tf.boolean_mask(tf.reshape(labs, (-1,)), active_loss)
                return loss_fn(reduced_labels, reduced_logits)

            def run(self, features, labs):
                total_train_batch_size = self.num_replicas * self.per_device
                total = tf.constant(0.0, dtype=f)
                for r in range(self.num_replicas):
                    part = slice(r * self.per_device, (r + 1) * self.per_device)
                    per_example_loss = self.compute_loss(labs[part], tf.matmul(features[part], kernel) + bias)
                    scaled = per_example_loss / total_train_batch_size
                    total += tf.reduce_sum(scaled)
                return total

        return Trainer().run(batch["hidden"], batch["labels"])

    return {"reference": reference, "candidate": candidate, "batch": {"hidden": hidden, "labels": labels},
            "variables": [kernel, bias]}
