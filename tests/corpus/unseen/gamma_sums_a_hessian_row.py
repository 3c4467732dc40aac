"""Option gamma is taken from the gradient of all first derivatives at once, which sums a row of the Hessian.
Source: https://github.com/NVIDIA/fsi-samples/pull/79"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'drv = outer.gradient(loss_grads, inputs)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    # strike, barrier, spot, volatility, drift, rate -- already scaled to about one
    n, spot = 10, 2
    quotes = rng.uniform(0.5, 1.5, size=(n, 6)).astype("float32")
    gamma_target = rng.uniform(0.0, 0.4, size=(n,)).astype("float32")
    pricer = keras.Sequential([keras.layers.Dense(12, activation="tanh", kernel_initializer="he_normal"),
                               keras.layers.Dense(8, activation="softplus"),
                               keras.layers.Dense(1, use_bias=False)])
    pricer.build((None, 6))

    def reference(batch):
        direction = tf.one_hot([spot] * n, 6)

        def along_spot(step):
            return pricer(batch["quotes"] + step[:, None] * direction)[:, 0]

        zero = tf.zeros([n])
        with tf.GradientTape() as second:
            second.watch(zero)
            with tf.GradientTape() as first:
                first.watch(zero)
                values = along_spot(zero)
            delta = first.gradient(values, zero)
        gamma = second.gradient(delta, zero)
        return tf.reduce_mean((gamma - batch["gamma"]) ** 2)

    def candidate(batch):
        inputs = batch["quotes"]
        with tf.GradientTape() as outer:
            outer.watch(inputs)
            with tf.GradientTape() as inner:
                inner.watch(inputs)
                price = pricer(inputs)
            loss_grads = inner.gradient(price, inputs)
        drv = outer.gradient(loss_grads, inputs)
        return keras.losses.mean_squared_error(batch["gamma"], drv[:, spot])

    return {"reference": reference, "candidate": candidate, "batch": {"quotes": quotes, "gamma": gamma_target},
            "variables": [v.value for v in pricer.trainable_variables]}
