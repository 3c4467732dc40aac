"""BCEWithLogitsLoss gets the (N, 1) output of a critic and targets of shape (N,); its formula broadcasts them to (N, N),
while sigmoid + BCELoss treats them elementwise.
Source: https://github.com/pytorch/pytorch/issues/1939"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "loss = x - x * target + max_val + tf.math.log(tf.exp(-max_val) + tf.exp(-x - max_val))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, dim, hidden = 24, 6, 5
    body = keras.layers.Dense(hidden, activation="tanh", name="body")
    out = keras.layers.Dense(1, name="out")
    body.build((None, dim))
    out.build((None, hidden))
    batch = {
        "images": rng.standard_normal((n, dim)).astype(f),
        "real": rng.integers(0, 2, n).astype(f),
    }

    def reference(batch):
        o = out(body(batch["images"]))
        p = tf.reshape(tf.sigmoid(o), (-1,))
        t = batch["real"]
        total = 0.0
        for i in range(n):
            total -= t[i] * tf.math.log(p[i]) + (1.0 - t[i]) * tf.math.log(1.0 - p[i])
        return total / n

    def candidate(batch):
        class Critic:
            def __call__(self, x):
                return out(body(x))

        class BCEWithLogitsLoss:
            def forward(self, x, target):
                max_val = tf.maximum(-x, 0.0)
                loss = x - x * target + max_val + tf.math.log(tf.exp(-max_val) + tf.exp(-x - max_val))
                return tf.reduce_mean(loss)

        o = Critic()(batch["images"])
        return BCEWithLogitsLoss().forward(o, batch["real"])

    variables = [body.kernel, body.bias, out.kernel, out.bias]
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
