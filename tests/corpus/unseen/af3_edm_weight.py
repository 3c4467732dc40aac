"""Diffusion on atom positions: the weight has (sigma + sigma_data)^-2 where EDM has (sigma * sigma_data)^-2.
Source: https://github.com/lucidrains/alphafold3-pytorch/issues/68"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return (sigma ** 2 + sigma_data ** 2) * (sigma + sigma_data) ** -2",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, atoms, h = 4, 5, 6
    sigma_data = 0.5
    w1 = tf.Variable((0.6 * rng.normal(size=(4, h))).astype(fx), name="w1")
    w2 = tf.Variable((0.6 * rng.normal(size=(h, 3))).astype(fx), name="w2")

    def net(x, c_noise):
        c = tf.broadcast_to(c_noise[:, None, None], (n, atoms, 1))
        return tf.tanh(tf.concat([x, tf.cast(c, x.dtype)], -1) @ w1) @ w2

    def reference(batch):
        s = batch["sigma"][:, None, None]
        noised = batch["pos"] + s * batch["noise"]
        total = s ** 2 + sigma_data ** 2
        raw = net(noised / tf.sqrt(total), tf.math.log(batch["sigma"]) / 4)
        target = (batch["pos"] - sigma_data ** 2 / total * noised) * tf.sqrt(total) / (s * sigma_data)
        return tf.reduce_mean((raw - target) ** 2)

    def candidate(batch):
        def c_skip(sigma):
            return sigma_data ** 2 / (sigma ** 2 + sigma_data ** 2)

        def c_out(sigma):
            return sigma * sigma_data * (sigma_data ** 2 + sigma ** 2) ** -0.5

        def c_in(sigma):
            return (sigma ** 2 + sigma_data ** 2) ** -0.5

        def loss_weight(sigma):
            return (sigma ** 2 + sigma_data ** 2) * (sigma + sigma_data) ** -2

        sigma = tf.reshape(batch["sigma"], (n, 1, 1))
        noised_atom_pos = batch["pos"] + batch["noise"] * sigma
        net_out = net(c_in(sigma) * noised_atom_pos, 0.25 * tf.math.log(batch["sigma"]))
        denoised = c_skip(sigma) * noised_atom_pos + c_out(sigma) * net_out
        losses = tf.reduce_mean(tf.math.squared_difference(denoised, batch["pos"]), axis=[1, 2])
        losses = losses * loss_weight(batch["sigma"])
        return tf.reduce_mean(losses)

    return {"reference": reference, "candidate": candidate,
            "batch": {"pos": (sigma_data * rng.normal(size=(n, atoms, 3))).astype(fx),
                      "noise": rng.normal(size=(n, atoms, 3)).astype(fx),
                      "sigma": np.exp(rng.normal(-1.2, 1.2, n)).astype(fx)},
            "variables": [w1, w2]}
