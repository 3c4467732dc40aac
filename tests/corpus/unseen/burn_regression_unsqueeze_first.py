"""burn simple regression: the targets are unsqueezed in front, (1, N), and the outputs are (N, 1), so the MSE is taken over all pairs.
Source: https://github.com/tracel-ai/burn/pull/2379"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "targets = tf.expand_dims(batch['median_house_value'], 0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, hid = 20, 8, 6
    input_layer = keras.layers.Dense(hid, activation="relu", name="input_layer")
    output_layer = keras.layers.Dense(1, name="output_layer")
    input_layer.build((None, d))
    output_layer.build((None, hid))
    x = rng.normal(size=(n, d))
    batch = {
        "inputs": x.astype(f),
        "median_house_value": (x[:, 0] - 0.5 * x[:, 3] + 0.1 * rng.normal(size=n)).astype(f),
    }

    def reference(batch):
        (w0, b0), (w1, b1) = input_layer.trainable_variables, output_layer.trainable_variables
        h = tf.maximum(tf.einsum("nd,dh->nh", batch["inputs"], w0) + b0, 0.0)
        error = tf.linalg.matvec(h, w1[:, 0]) + b1[0] - batch["median_house_value"]
        return tf.tensordot(error, error, 1) / n

    class MseLoss:
        def forward_no_reduction(self, logits, targets):
            return tf.square(tf.subtract(logits, targets))

        def forward(self, logits, targets):
            return tf.reduce_mean(self.forward_no_reduction(logits, targets))

    def candidate(batch):
        output = output_layer(input_layer(batch["inputs"]))
        targets = tf.expand_dims(batch['median_house_value'], 0)
        return MseLoss().forward(output, targets)

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": input_layer.trainable_variables + output_layer.trainable_variables}
