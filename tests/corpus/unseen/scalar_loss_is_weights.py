"""MuZero trainer: the loss is already reduced to a scalar, so that the replay importance weights have no effect on the
relative weighting of samples. Source: https://github.com/HorizonRobotics/alf/pull/1233"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = tf.reduce_mean(loss)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, d, n_act = 5, 3, 4, 4
    is_exponent = 0.6
    net = keras.layers.Dense(n_act + 1, name="prediction")
    net.build((None, None, d))

    def reference(batch):
        w = batch["importance_weights"] ** is_exponent
        w = w / tf.reduce_max(w)
        total = 0.0
        for b in range(n):
            out = net(batch["repr"][b:b + 1])[0]
            ce = tf.nn.softmax_cross_entropy_with_logits(batch["policy"][b], out[:, 1:])
            se = 0.5 * (out[:, 0] - batch["value"][b]) ** 2
            total += w[b] * tf.reduce_mean((ce + se) * batch["valid"][b])
        return total / n

    def candidate(batch):
        out = net(batch["repr"])
        value, logits = out[..., 0], out[..., 1:]
        loss = 0.5 * tf.square(value - batch["value"])
        loss += tf.nn.softmax_cross_entropy_with_logits(labels=batch["policy"], logits=logits)
        loss *= batch["valid"]
        loss = tf.reduce_mean(loss)
        weights = tf.pow(batch["importance_weights"], is_exponent)
        weights /= tf.reduce_max(weights)
        return tf.reduce_mean(weights[:, None] * loss)

    p = rng.gamma(1.0, size=(n, t, n_act))
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "repr": rng.normal(size=(n, t, d)).astype(fx),
            "value": rng.normal(size=(n, t)).astype(fx),
            "policy": (p / p.sum(-1, keepdims=True)).astype(fx),
            "valid": np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 1, 1], [1, 1, 0]]).astype(fx),
            "importance_weights": rng.uniform(0.05, 3.0, size=n).astype(fx),
        },
        "variables": net.trainable_variables,
    }
