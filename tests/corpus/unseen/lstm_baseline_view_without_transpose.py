"""Time series baseline with a time-major recurrent net: the windows (samples, steps) are brought to (steps, samples, 1) with a reshape
and without the transpose, so that every "series" is a mixture of several.
Source: https://github.com/jessicayung/blog-code-snippets/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'X_train = tf.reshape(batch["x"], [input_size, -1, 1])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    wx = tf.Variable(rng.normal(size=(1, 4)).astype(f), name="wx")
    wh = tf.Variable((rng.normal(size=(4, 4)) * 0.5).astype(f), name="wh")
    bh = tf.Variable((rng.normal(size=(4,)) * 0.5).astype(f), name="bh")
    wo = tf.Variable(rng.normal(size=(4, 1)).astype(f), name="wo")

    def reference(batch):
        h = tf.zeros((batch["x"].shape[0], 4), f)
        for t in range(batch["x"].shape[1]):
            h = tf.tanh(batch["x"][:, t:t + 1] * wx + h @ wh + bh)
        forecast = tf.squeeze(h @ wo, axis=1)
        return tf.reduce_mean(tf.square(forecast - batch["y"]))

    def candidate(batch):
        class RNN:
            """time-major, like torch"""
            def __init__(self, num_train):
                self.hidden = tf.zeros((num_train, 4), f)

            def forward(self, seq):
                for frame in tf.unstack(seq, axis=0):
                    pre = tf.matmul(frame, wx) + tf.matmul(self.hidden, wh)
                    self.hidden = tf.nn.tanh(tf.nn.bias_add(pre, bh))
                return tf.reshape(tf.matmul(self.hidden, wo), [-1])

        input_size = batch["x"].shape[1]
        X_train = tf.reshape(batch["x"], [input_size, -1, 1])
        model = RNN(num_train=X_train.shape[1])
        y_pred = model.forward(X_train)
        return keras.losses.MeanSquaredError()(batch["y"], y_pred)

    batch = {"x": rng.normal(size=(15, 6)).astype(f), "y": rng.normal(size=15).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wx, wh, bh, wo]}
