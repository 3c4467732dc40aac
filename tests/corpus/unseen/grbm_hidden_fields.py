"""The Boltzmann machine marginalises hidden units with effective fields that still carry gradient to the weights.
Source: https://github.com/dwavesystems/dwave-pytorch-plugin/pull/29"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "field = h[n_vis:] + tf.einsum('bi,ij->bj', s_obs, J[:n_vis, n_vis:])",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, m, n_vis, n_hid = 5, 4, 4, 3
    total = n_vis + n_hid
    linear = tf.Variable(rng.normal(size=total).astype(fx) * 0.6, name="linear")
    quadratic = tf.Variable(rng.normal(size=(total, total)).astype(fx) * 0.6, name="quadratic")
    upper = np.triu(np.ones((total, total)), 1).astype(fx)
    upper[n_vis:, n_vis:] = 0

    def reference(batch):
        J = quadratic * upper
        loss = 0.0
        for b in range(n):
            v = batch["observed"][b]
            hidden = []
            for j in range(n_hid):
                f = linear[n_vis + j] + tf.reduce_sum(v * J[:n_vis, n_vis + j])
                hidden.append(-tf.tanh(tf.stop_gradient(f)))
            s = tf.concat([v, tf.stack(hidden)], axis=0)
            loss += (tf.reduce_sum(linear * s) + tf.reduce_sum(s[:, None] * J * s[None, :])) / n
        for b in range(m):
            s = batch["model"][b]
            loss -= (tf.reduce_sum(linear * s) + tf.reduce_sum(s[:, None] * J * s[None, :])) / m
        return loss

    def candidate(batch):
        h, J = linear, quadratic * upper

        def energy(s):
            return tf.einsum("bi,i->b", s, h) + tf.einsum("bi,ij,bj->b", s, J, s)

        def fill_hidden(s_obs):
            field = h[n_vis:] + tf.einsum('bi,ij->bj', s_obs, J[:n_vis, n_vis:])
            expectation = -tf.tanh(field)
            return tf.concat([s_obs, expectation], axis=1)

        s_data = fill_hidden(batch["observed"])
        return tf.reduce_mean(energy(s_data)) - tf.reduce_mean(energy(batch["model"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"observed": rng.choice([-1.0, 1.0], size=(n, n_vis)).astype(fx),
                      "model": rng.choice([-1.0, 1.0], size=(m, total)).astype(fx)},
            "variables": [linear, quadratic]}
