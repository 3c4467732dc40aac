"""alpha-zero-general's write-up has l = (z - v)^2 + pi . log p + c |theta|^2; the policy's term is a cross-entropy and needs
the minus.
Source: https://github.com/suragnair/alpha-zero-general/issues/104"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "l = (zs - v) ** 2 + tf.reduce_sum(pis * log_p, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, board, actions = 16, 4, 13
    c = 1e-2
    inp = keras.Input((board, board, 1))
    x = keras.layers.Conv2D(3, 3, padding="same", activation="tanh", name="conv")(inp)
    x = keras.layers.Dense(6, activation="tanh", name="fc")(keras.layers.Flatten()(x))
    nnet = keras.Model(inp, [keras.layers.Dense(actions, name="pi")(x),
                             keras.layers.Dense(1, activation="tanh", name="v")(x)])

    def reference(batch):
        logits, value = nnet(batch["boards"])
        loss_pi = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(batch["target_pis"], logits))
        loss_v = keras.losses.MeanSquaredError()(batch["target_vs"], tf.reshape(value, [-1]))
        l2 = tf.add_n([tf.reduce_sum(tf.square(w)) for w in nnet.trainable_variables])
        return loss_pi + loss_v + c * l2

    def candidate(batch):
        pis, zs = batch["target_pis"], batch["target_vs"]
        s, v = nnet(batch["boards"])
        v = v[:, 0]
        log_p = s - tf.reduce_logsumexp(s, axis=1, keepdims=True)
        l = (zs - v) ** 2 + tf.reduce_sum(pis * log_p, axis=1)
        theta = tf.concat([tf.reshape(w, [-1]) for w in nnet.trainable_variables], axis=0)
        return tf.reduce_mean(l) + c * tf.tensordot(theta, theta, 1)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"boards": rng.choice([-1.0, 0.0, 1.0], size=(n, board, board, 1)).astype(f),
                  "target_pis": rng.dirichlet(np.ones(actions), size=n).astype(f),
                  "target_vs": rng.choice([-1.0, 1.0], size=n).astype(f)},
        "variables": nnet.trainable_variables,
    }
