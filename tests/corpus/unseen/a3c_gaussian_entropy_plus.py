"""A3C for continuous control: the entropy of the Gaussian is computed from log(2 pi + sigma^2) where it ought to be
log(2 pi sigma^2), so small variances are hardly ever pushed up.
Source: https://github.com/andrewliao11/pytorch-a3c-mujoco/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "entropy = -0.5 * (tf.math.log(sigma_sq + 2 * np.pi * tf.ones_like(sigma_sq)) + 1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, act, gamma, tau, beta = 14, 6, 3, 0.95, 0.9, 0.3
    mu_l, sig_l, v_l = [keras.layers.Dense(k, name=nm) for k, nm in ((act, "mu"), (act, "sigma_sq"), (1, "value"))]
    for layer in (mu_l, sig_l, v_l):
        layer.build((None, obs))

    def reference(batch):
        s = batch["states"]
        var = tf.nn.softplus(sig_l(s[:-1]))
        v = v_l(s)[:, 0]
        ret = [tf.stop_gradient(v[-1])]
        for r in reversed(tf.unstack(batch["rewards"][:-1])):
            ret.insert(0, r + gamma * ret[0])
        ret = tf.stack(ret[:-1])
        vs = tf.stop_gradient(v)
        delta = batch["rewards"][:-1] + gamma * vs[1:] - vs[:-1]
        k = np.arange(n - 1)
        decay = np.where(k[None] >= k[:, None], (gamma * tau) ** np.maximum(k[None] - k[:, None], 0), 0.0).astype(f)
        gae = tf.linalg.matvec(tf.constant(decay), delta)
        logp = -0.5 * ((batch["actions"][:-1] - mu_l(s[:-1])) ** 2 / var + tf.math.log(2 * np.pi * var))
        ent = 0.5 * (tf.math.log(2 * np.pi * var) + 1)
        policy = -tf.reduce_sum(tf.reduce_sum(logp, 1) * gae) - beta * tf.reduce_sum(ent)
        return policy + 0.25 * tf.reduce_sum((ret - v[:-1]) ** 2)

    def candidate(batch):
        def normal(x, mu, sigma_sq):
            a = tf.exp(-1 * (x - mu) ** 2 / (2 * sigma_sq))
            b = 1 / tf.sqrt(2 * sigma_sq * np.pi)
            return a * b

        log_probs, entropies, values = [], [], []
        for step in range(n):
            state = batch["states"][step : step + 1]
            values.append(v_l(state)[0, 0])
            if step == n - 1:
                break
            sigma_sq = tf.nn.softplus(sig_l(state))
            entropy = -0.5 * (tf.math.log(sigma_sq + 2 * np.pi * tf.ones_like(sigma_sq)) + 1)
            entropies.append(tf.reduce_sum(entropy))
            prob = normal(batch["actions"][step], mu_l(state), sigma_sq)
            log_probs.append(tf.reduce_sum(tf.math.log(prob)))

        R = tf.stop_gradient(values[-1])
        policy_loss, value_loss, gae = 0.0, 0.0, 0.0
        for i in reversed(range(n - 1)):
            R = gamma * R + batch["rewards"][i]
            value_loss += 0.5 * (R - values[i]) ** 2
            delta_t = tf.stop_gradient(batch["rewards"][i] + gamma * values[i + 1] - values[i])
            gae = gae * gamma * tau + delta_t
            policy_loss = policy_loss - log_probs[i] * gae + beta * entropies[i]
        return policy_loss + 0.5 * value_loss

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "states": (0.3 * rng.standard_normal((n, obs))).astype(f),
            "actions": (0.5 * rng.standard_normal((n, act))).astype(f),
            "rewards": rng.standard_normal(n).astype(f),
        },
        "variables": mu_l.trainable_variables + sig_l.trainable_variables + v_l.trainable_variables,
    }
