"""The layers of this numpy net subtract weight_decay * W from the gradient, i.e. they reward large weights.
Source: https://github.com/andersbll/nnet/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "penalty -= 0.5 * weight_decay * tf.reduce_sum(W * W)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, d_in, hidden, classes = 7, 6, 5, 3
    weight_decay = 0.05

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    w1, b1, w2, b2 = var("w1", d_in, hidden), var("b1", hidden), var("w2", hidden, classes), var("b2", classes)

    def reference(batch):
        h = tf.tanh(batch["x"] @ w1 + b1)
        ce = keras.losses.categorical_crossentropy(batch["y"], h @ w2 + b2, from_logits=True)
        return tf.reduce_mean(ce) + weight_decay * (tf.nn.l2_loss(w1) + tf.nn.l2_loss(w2))

    def candidate(batch):
        layers = [(w1, b1, tf.tanh), (w2, b2, tf.nn.log_softmax)]
        out = batch["x"]
        penalty = 0.0
        for W, bias, activation in layers:
            out = activation(tf.matmul(out, W) + bias)
            penalty -= 0.5 * weight_decay * tf.reduce_sum(W * W)
        n = tf.cast(tf.shape(out)[0], fx)
        return -tf.reduce_sum(batch["y"] * out) / n + penalty

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((b, d_in)).astype(fx), "y": np.eye(classes)[rng.integers(0, classes, b)].astype(fx)},
            "variables": [w1, b1, w2, b2]}
