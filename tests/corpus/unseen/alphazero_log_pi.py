"""The PyTorch net returns log_softmax and the loss uses it without exp; suspected wrong, but it is the cross-entropy.
Source: https://github.com/suragnair/alpha-zero-general/issues/282"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, dim, n_act = 5, 6, 4
    boards = rng.normal(size=(n, dim)).astype(fx)
    pis = rng.dirichlet(np.ones(n_act), size=n).astype(fx)
    vs = rng.choice([-1.0, 1.0], size=(n,)).astype(fx)
    trunk = keras.layers.Dense(7, "relu", name="trunk")
    pi_head = keras.layers.Dense(n_act, name="pi_head")
    v_head = keras.layers.Dense(1, "tanh", name="v_head")
    trunk.build((None, dim))
    pi_head.build((None, 7))
    v_head.build((None, 7))

    def reference(batch):
        s = trunk(batch["boards"])
        policy = keras.losses.categorical_crossentropy(batch["pis"], pi_head(s), from_logits=True)
        value = keras.losses.mean_squared_error(batch["vs"][:, None], v_head(s))
        return tf.reduce_mean(policy) + tf.reduce_mean(value)

    def candidate(batch):
        def nnet(board):
            s = trunk(board)
            return tf.nn.log_softmax(pi_head(s), axis=1), v_head(s)

        def loss_pi(targets, outputs):
            return -tf.reduce_sum(targets * outputs) / targets.shape[0]

        def loss_v(targets, outputs):
            return tf.reduce_sum((targets - tf.reshape(outputs, (-1,))) ** 2) / targets.shape[0]

        out_pi, out_v = nnet(batch["boards"])
        return loss_pi(batch["pis"], out_pi) + loss_v(batch["vs"], out_v)

    return {"reference": reference, "candidate": candidate,
            "batch": {"boards": boards, "pis": pis, "vs": vs},
            "variables": trunk.trainable_variables + pi_head.trainable_variables + v_head.trainable_variables}
