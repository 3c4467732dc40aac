"""PyTorch fundamentals course: the classifier ends in log_softmax with dim=0, which normalises over the batch instead of
over the classes.
Source: https://github.com/MicrosoftDocs/pytorchfundamentals/pull/21"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "return tf.nn.log_softmax(x, axis=0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w, classes = 22, 4, 5, 3
    fc1 = keras.layers.Dense(8, activation="tanh", name="fc1")
    fc2 = keras.layers.Dense(classes, name="fc2")
    fc1.build((None, h * w))
    fc2.build((None, 8))
    x = rng.normal(size=(n, h, w)).astype(f)
    y = rng.integers(0, classes, n).astype("int32")

    def reference(batch):
        logits = fc2(fc1(tf.reshape(batch["x"], (-1, h * w))))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return loss(batch["y"], logits)

    def candidate(batch):
        class CNNet:
            def forward(self, x):
                x = keras.ops.reshape(x, (x.shape[0], -1))
                x = tf.tanh(tf.matmul(x, fc1.kernel) + fc1.bias)
                x = tf.matmul(x, fc2.kernel) + fc2.bias
                return tf.nn.log_softmax(x, axis=0)

        def nll_loss(logp, target):
            rows = tf.stack([tf.range(n), target], axis=1)
            return -tf.reduce_mean(tf.gather_nd(logp, rows))

        return nll_loss(CNNet().forward(batch["x"]), batch["y"])

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y},
            "variables": fc1.trainable_variables + [fc2.kernel]}
