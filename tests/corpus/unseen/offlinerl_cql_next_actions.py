"""CQL: the actions sampled for the next observations are valued at the current observations, which looks like a slip.

Source (real): https://github.com/yihaosun1124/OfflineRL-Kit/issues/12 (PyTorch; answer: the original CQL does just that).
Right answer: EQUIVALENT to the original's cat_q formula.
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
    n, d, acts, hid, repeat, temperature, weight = 17, 4, 2, 6, 3, 0.8, 2.0

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    c1 = tf.Variable(0.5 * arr(d + acts, hid), name="critic1_in")
    c2 = tf.Variable(0.6 * arr(hid, 1), name="critic1_out")
    a_mu, a_std = tf.constant(0.5 * arr(d, acts)), tf.constant(0.2 * arr(d, acts))
    batch = {
        "obss": arr(n, d), "actions": np.tanh(arr(n, acts)), "next_obss": arr(n, d), "target_q": arr(n, 1),
        "noise": arr(n, repeat, acts), "next_noise": arr(n, repeat, acts),
        "random_actions": rng.uniform(-1, 1, (n, repeat, acts)).astype(f),
    }

    def critic(obs, act):
        return tf.nn.elu(tf.concat([obs, act], axis=-1) @ c1) @ c2

    def actforward(obs, noise):
        sigma = tf.exp(obs @ a_std)
        act = tf.tanh(obs @ a_mu + sigma * noise)
        logp = -0.5 * noise**2 - tf.math.log(sigma) - tf.math.log(1.0 - act**2 + 1e-6)
        return act, tf.reduce_sum(logp, axis=-1, keepdims=True)

    def reference(b):
        m = b["obss"].shape[0]
        loss = 0.0
        for i in range(m):
            s, s_next = b["obss"][i : i + 1], b["next_obss"][i : i + 1]
            cat_q = []
            for j in range(repeat):
                cat_q.append(critic(s, b["random_actions"][i, j : j + 1])[0, 0] + acts * np.log(2.0))
                for where, eps in ((s, "noise"), (s_next, "next_noise")):
                    act, logp = actforward(where, b[eps][i, j : j + 1])
                    cat_q.append((critic(s, act) - logp)[0, 0])
            q_data = critic(s, b["actions"][i : i + 1])[0, 0]
            loss += (q_data - b["target_q"][i, 0]) ** 2
            loss += weight * (temperature * tf.reduce_logsumexp(tf.stack(cat_q) / temperature) - q_data)
        return loss / m

    def candidate(b):
        def calc_pi_values(obs_pi, obs_to_pred, noise):
            act, log_prob = actforward(obs_pi, noise)
            return critic(obs_to_pred, act) - tf.stop_gradient(log_prob)

        def calc_random_values(obs, random_act):
            return critic(obs, random_act) - np.log(0.5**acts)

        tmp_obss = tf.repeat(b["obss"], repeat, axis=0)
        tmp_next_obss = tf.repeat(b["next_obss"], repeat, axis=0)
        flat = {k: tf.reshape(b[k], [-1, acts]) for k in ("noise", "next_noise", "random_actions")}
        obs_pi_value1 = calc_pi_values(tmp_obss, tmp_obss, flat["noise"])
        next_obs_pi_value1 = calc_pi_values(tmp_next_obss, tmp_obss, flat["next_noise"])
        random_value1 = calc_random_values(tmp_obss, flat["random_actions"])
        values = [tf.reshape(v, [-1, repeat, 1]) for v in (obs_pi_value1, next_obs_pi_value1, random_value1)]
        cat_q1 = tf.concat(values, axis=1)
        q1 = critic(b["obss"], b["actions"])
        conservative_loss1 = (
            tf.reduce_mean(tf.reduce_logsumexp(cat_q1 / temperature, axis=1)) * weight * temperature
            - tf.reduce_mean(q1) * weight
        )
        return tf.reduce_mean(tf.square(q1 - b["target_q"])) + conservative_loss1

    return {"variables": [c1, c2], "batch": batch, "reference": reference, "candidate": candidate}
