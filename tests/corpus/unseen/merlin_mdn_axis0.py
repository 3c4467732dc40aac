"""Mixture density cost: max and sum run over axis 0, which looks like the minibatch but is the list of components.

Source (real): https://github.com/CSTR-Edinburgh/merlin/issues/37 (Theano, ported; suspected wrong axis).
Right answer: EQUIVALENT; a list of (batch,) vectors stacks to (components, batch), so axis 0 is the mixture.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, n_outs, n_component = 15, 5, 3, 4

    w_mu = tf.Variable(0.5 * arr(d, n_component * n_outs), name="mu_w")
    w_sigma = tf.Variable(0.3 * arr(d, n_component * n_outs), name="sigma_w")
    w_mix = tf.Variable(0.5 * arr(d, n_component), name="mix_w")
    batch = {"x": arr(n, d), "y": arr(n, n_outs)}

    def reference(b):
        mu = tf.reshape(b["x"] @ w_mu, [-1, n_component, n_outs])
        log_var = tf.reshape(b["x"] @ w_sigma, [-1, n_component, n_outs])
        log_mix = tf.nn.log_softmax(b["x"] @ w_mix)
        total = 0.0
        for i in range(b["x"].shape[0]):
            dens = 0.0
            for k in range(n_component):
                v = tf.exp(log_var[i, k])
                parts = tf.exp(-0.5 * (b["y"][i] - mu[i, k]) ** 2 / v) / tf.sqrt(2 * np.pi * v)
                dens += tf.exp(log_mix[i, k]) * tf.reduce_prod(parts)
            total -= tf.math.log(dens)
        return total / b["x"].shape[0]

    def candidate(b):
        all_mu, all_sigma = b["x"] @ w_mu, tf.exp(b["x"] @ w_sigma)
        mix = tf.nn.softmax(b["x"] @ w_mix)
        all_mix_prob = []
        for i in range(n_component):
            sigma = all_sigma[:, i * n_outs : (i + 1) * n_outs]
            mu = all_mu[:, i * n_outs : (i + 1) * n_outs]
            xEx = -0.5 * tf.reduce_sum(tf.square(b["y"] - mu) / sigma, axis=1)
            normaliser = 0.5 * (n_outs * np.log(2 * np.pi) + tf.reduce_sum(tf.math.log(sigma), axis=1))
            all_mix_prob.append(xEx + tf.math.log(mix[:, i]) - normaliser)
        max_exponent = tf.reduce_max(all_mix_prob, axis=0, keepdims=True)
        mod_exponent = tf.convert_to_tensor(all_mix_prob) - max_exponent
        return -tf.reduce_mean(max_exponent + tf.math.log(tf.reduce_sum(tf.exp(mod_exponent), axis=0)))

    return {"variables": [w_mu, w_sigma, w_mix], "batch": batch, "reference": reference, "candidate": candidate}
