"""TabNet: the entropy of the masks is summed over the decision steps, then set back to 0 before it goes into the loss.
Source: https://github.com/titu1994/tf-TabNet/issues/13"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "entropy_loss = tf.zeros((), dtype=f)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, steps, hid, classes = 19, 6, 3, 4, 2
    x = rng.standard_normal((n, d)).astype(f)
    y = rng.integers(0, classes, n).astype("int32")
    attention = tf.Variable(rng.standard_normal((steps, d, d)) * 0.5, dtype=f, name="attention")
    feature = tf.Variable(rng.standard_normal((steps, d, hid)) * 0.5, dtype=f, name="feature")
    head = tf.Variable(rng.standard_normal((hid, classes)) * 0.5, dtype=f, name="head")
    sparsity, relaxation, epsilon = 0.3, 1.3, 1e-5

    def task_loss(labels, logits):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))

    def reference(batch):
        inputs = batch["x"]
        prior = tf.ones_like(inputs)
        decision, entropies = 0.0, []
        for s in range(steps):
            mask = tf.nn.softmax(prior * (inputs @ attention[s]))
            prior = prior * (relaxation - mask)
            decision = decision + tf.nn.relu((mask * inputs) @ feature[s])
            entropies.append(-tf.reduce_mean(tf.reduce_sum(mask * tf.math.log(mask + epsilon), axis=1)))
        return task_loss(batch["y"], decision @ head) + sparsity * tf.add_n(entropies) / steps

    def candidate(batch):
        class TabNet:
            def __init__(self):
                self.losses = []

            def add_loss(self, value):
                self.losses.append(value)

            def call(self, features):
                output_aggregated = tf.zeros((features.shape[0], hid), dtype=f)
                complementary_scales = tf.ones_like(features)
                total_entropy = tf.zeros((), dtype=f)
                for ni in range(steps):
                    mask_values = tf.matmul(features, attention[ni]) * complementary_scales
                    mask_values = tf.nn.softmax(mask_values, axis=-1)
                    complementary_scales *= relaxation - mask_values
                    total_entropy += tf.reduce_mean(
                        tf.reduce_sum(-mask_values * tf.math.log(mask_values + epsilon), axis=1)) / steps
                    masked = tf.multiply(mask_values, features)
                    output_aggregated += tf.nn.relu(tf.matmul(masked, feature[ni]))
                    entropy_loss = total_entropy
                entropy_loss = tf.zeros((), dtype=f)
                self.add_loss(sparsity * entropy_loss)
                return tf.matmul(output_aggregated, head)

        model = TabNet()
        logits = model.call(batch["x"])
        return task_loss(batch["y"], logits) + tf.add_n(model.losses)

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y},
            "variables": [attention, feature, head]}
