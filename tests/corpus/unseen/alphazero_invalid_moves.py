"""AlphaZero: the policy head is normalised over all moves, so that it is punished for mass on invalid moves; they should be masked first.
Source: https://github.com/suragnair/alpha-zero-general/issues/77"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": 'out_pi = keras.ops.log_softmax(fc_pi(hidden), axis=1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, cells, moves = 18, 12, 10
    trunk = keras.layers.Dense(7, activation="relu")
    fc_pi, fc_v = keras.layers.Dense(moves), keras.layers.Dense(1, activation="tanh")
    trunk.build((None, cells)), fc_pi.build((None, 7)), fc_v.build((None, 7))
    valid = (rng.random((n, moves)) < 0.6)
    valid[:, 0] = True
    counts = rng.uniform(0.1, 1.0, (n, moves)) * valid
    batch = {
        "boards": rng.integers(-1, 2, (n, cells)).astype(f),
        "valids": valid.astype(f),
        "target_pis": (counts / counts.sum(1, keepdims=True)).astype(f),
        "target_vs": rng.choice([-1.0, 1.0], n).astype(f),
    }

    def reference(b):
        h = trunk(b["boards"])
        logits = tf.where(b["valids"] > 0, fc_pi(h), tf.constant(-1e9, f))
        ce = tf.nn.softmax_cross_entropy_with_logits(labels=b["target_pis"], logits=logits)
        return tf.reduce_mean(ce + tf.square(fc_v(h)[:, 0] - b["target_vs"]))

    def candidate(b):
        def forward(board):
            hidden = trunk(board)
            out_pi = keras.ops.log_softmax(fc_pi(hidden), axis=1)
            return out_pi, fc_v(hidden)

        def loss_pi(targets, outputs):
            return -keras.ops.sum(targets * outputs) / targets.shape[0]

        def loss_v(targets, outputs):
            return keras.ops.sum((targets - keras.ops.reshape(outputs, (-1,))) ** 2) / targets.shape[0]

        out_pi, out_v = forward(b["boards"])
        return loss_pi(b["target_pis"], out_pi * b["valids"]) + loss_v(b["target_vs"], out_v)

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": trunk.trainable_variables + fc_pi.trainable_variables + fc_v.trainable_variables}
