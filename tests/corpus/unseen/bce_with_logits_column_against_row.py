"""BCEWithLogitsLoss on the (n, 1) output of a linear layer with targets of shape (n,): the formula broadcasts to (n, n).
Source: https://github.com/pytorch/pytorch/issues/1939"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "return criterion(out, batch[\"t\"])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d = 24, 5
    lin = keras.layers.Dense(1, name="linear")
    lin.build((None, d))
    x = rng.normal(size=(n, d)).astype(f)
    w_true = rng.normal(size=d)
    t = (x @ w_true + 0.3 * rng.normal(size=n) > 0.2).astype(f)

    def reference(batch):
        p = tf.sigmoid(lin(batch["x"]))[:, 0]
        hit = tf.where(batch["t"] > 0.5, p, 1 - p)
        return -tf.reduce_mean(tf.math.log(hit))

    def candidate(batch):
        class BCEWithLogitsLoss:
            def __init__(self, size_average=True):
                self.size_average = size_average

            def __call__(self, input, target):
                max_val = tf.maximum(-input, 0.0)
                loss = input - input * target + max_val
                loss = loss + tf.math.log(tf.exp(-max_val) + tf.exp(-input - max_val))
                return tf.reduce_mean(loss) if self.size_average else tf.reduce_sum(loss)

        criterion = BCEWithLogitsLoss()
        out = tf.matmul(batch["x"], lin.kernel) + lin.bias
        return criterion(out, batch["t"])

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "t": t},
            "variables": list(lin.trainable_variables)}
