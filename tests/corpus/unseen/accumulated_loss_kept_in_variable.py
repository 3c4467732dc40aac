"""The losses of the earlier micro-batches are summed in a variable, so the gradient sees only the last micro-batch.
Source: https://github.com/tensorflow/tensorflow/issues/55478"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'self.loss_sum.assign_add(loss)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n_micro, micro = 4, 6
    x = rng.normal(size=(n_micro * micro, 5)).astype("float32")
    y = rng.integers(0, 3, size=(n_micro * micro,)).astype("int32")

    net = keras.Sequential([keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(3)])
    net.build((None, 5))

    def reference(batch):
        logits = net(batch["x"])
        picked = tf.gather(tf.nn.log_softmax(logits), batch["y"], batch_dims=1)
        return -tf.reduce_mean(picked)

    class AccumulatingModel:
        """Adds up the loss of n_gradients micro-batches before the optimiser is allowed to step."""

        def __init__(self, inner, n_gradients):
            self.inner = inner
            self.n_gradients = float(n_gradients)
            self.loss_sum = tf.Variable(0.0, trainable=False)
            self.n_acum_step = 0
            self.scce = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

        def reset(self):
            self.n_acum_step = 0
            self.loss_sum.assign(0.0)

        def train_step(self, data):
            xb, yb = data
            self.n_acum_step += 1
            loss = self.scce(yb, self.inner(xb)) / self.n_gradients
            if self.n_acum_step < self.n_gradients:
                self.loss_sum.assign_add(loss)
                return None
            return self.loss_sum + loss

    stepper = AccumulatingModel(net, n_micro)

    def candidate(batch):
        stepper.reset()
        total = None
        for k in range(n_micro):
            window = slice(k * micro, (k + 1) * micro)
            total = stepper.train_step((batch["x"][window], batch["y"][window]))
        return total

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y},
            "variables": [v.value for v in net.trainable_variables]}
