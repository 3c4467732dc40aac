"""Network output is [batch, 1] and the targets have shape [batch]; the squared error broadcasts and training hardly converges.
Source: https://github.com/LaurentMazare/tch-rs/issues/510"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "error = output - target",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d = 6, 9
    net = keras.Sequential([keras.layers.Input((d,)), keras.layers.Dense(7, activation="relu"), keras.layers.Dense(1)])
    net.layers[0].bias.assign(0.3 * rng.random(7).astype(fx))

    def reference(batch):
        evaluation = tf.squeeze(net(batch["board"]), axis=-1)
        return tf.reduce_mean(tf.math.squared_difference(evaluation, batch["score"]))

    def candidate(batch):
        board, target = batch["board"], batch["score"]
        hidden = net.layers[0](board)
        output = net.layers[1](hidden)
        error = output - target
        return tf.reduce_mean(tf.square(error))

    return {"reference": reference, "candidate": candidate,
            "batch": {"board": (rng.random((n, d)) < 0.5).astype(fx), "score": (2 * rng.normal(size=n)).astype(fx)},
            "variables": net.trainable_variables}
