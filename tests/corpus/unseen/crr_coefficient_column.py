"""CRR: log-probabilities (n,) times advantage coefficients (n, 1) is an (n, n) matrix.

Source (real): https://github.com/google-deepmind/acme/issues/277 (JAX, CRRLearner.policy_loss).
Right answer: NOT equivalent; every action is weighted with the mean coefficient.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "return -tf.reduce_mean(logp_action * coeff)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts, hid, samples, beta = 21, 4, 2, 5, 4, 0.7

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    w_h = tf.Variable(0.6 * arr(d, hid), name="policy_torso")
    w_mu = tf.Variable(0.6 * arr(hid, acts), name="policy_mean")
    w_s = tf.Variable(0.3 * arr(hid, acts), name="policy_scale")
    c1, c2 = tf.constant(0.7 * arr(d + acts, hid)), tf.constant(arr(hid, 1))
    batch = {"observation": arr(n, d), "action": arr(n, acts), "sampled": arr(n, samples, acts)}

    def critic(obs, act):
        return tf.tanh(tf.concat([obs, act], axis=-1) @ c1) @ c2

    def policy_log_prob(obs, act):
        h = tf.tanh(obs @ w_h)
        scale = tf.nn.softplus(h @ w_s) + 0.05
        z = (act - h @ w_mu) / scale
        return tf.reduce_sum(-0.5 * z**2 - tf.math.log(scale) - 0.5 * np.log(2 * np.pi), axis=-1)

    def reference(b):
        m = b["observation"].shape[0]
        loss = 0.0
        for i in range(m):
            obs, act = b["observation"][i : i + 1], b["action"][i : i + 1]
            value = tf.reduce_mean([critic(obs, b["sampled"][i, j : j + 1]) for j in range(samples)])
            weight = tf.exp((critic(obs, act)[0, 0] - value) / beta)
            loss -= weight * policy_log_prob(obs, act)[0]
        return loss / m

    def candidate(b):
        def policy_loss_coeff_advantage_exp(obs, act):
            q = critic(obs, act)
            tiled = tf.repeat(obs[:, None], samples, axis=1)
            advantage = q - tf.reduce_mean(critic(tiled, b["sampled"]), axis=1)
            return tf.exp(advantage / beta)

        logp_action = policy_log_prob(b["observation"], b["action"])
        coeff = policy_loss_coeff_advantage_exp(b["observation"], b["action"])
        coeff = tf.stop_gradient(coeff)
        return -tf.reduce_mean(logp_action * coeff)

    return {"variables": [w_h, w_mu, w_s], "batch": batch, "reference": reference, "candidate": candidate}
