"""CQL: actions sampled at the next observation are scored at the current one; suspected, then withdrawn as right.
Source: https://github.com/corl-team/CORL/issues/20"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, N, d, A, h, alpha, gamma = 4, 3, 3, 2, 6, 1.5, 0.9
    k1 = tf.Variable(rng.normal(size=(d + A, h)).astype(fx), name="q_hidden")
    k2 = tf.Variable(rng.normal(size=(h, 1)).astype(fx), name="q_out")

    def reference(batch):
        def q(s, a):
            x = tf.tanh(tf.tensordot(tf.concat([s, a], 0), k1, 1))
            return tf.tensordot(x, k2, 1)[0]

        total = 0.0
        for i in range(B):
            s = batch["obs"][i]
            terms = []
            for n in range(N):
                terms.append(q(s, batch["rand_act"][i, n]) - A * np.log(0.5))
                terms.append(q(s, batch["next_pi_act"][i, n]) - batch["next_pi_logp"][i, n])
                terms.append(q(s, batch["pi_act"][i, n]) - batch["pi_logp"][i, n])
            q_data = q(s, batch["act"][i])
            y = batch["rew"][i] + gamma * (1 - batch["done"][i]) * batch["target_q"][i]
            total += (q_data - y) ** 2 + alpha * (tf.math.log(tf.add_n([tf.exp(t) for t in terms])) - q_data)
        return total / B

    def candidate(batch):
        def critic(observations, actions):
            if len(actions.shape) == 3:
                observations = tf.repeat(observations[:, None], N, axis=1)
            hidden = tf.tanh(tf.einsum("...i,ij->...j", tf.concat([observations, actions], axis=-1), k1))
            return tf.squeeze(tf.einsum("...j,jo->...o", hidden, k2), -1)

        q_predicted = critic(batch["obs"], batch["act"])
        td_target = batch["rew"] + (1.0 - batch["done"]) * gamma * batch["target_q"]
        qf_loss = tf.reduce_mean(tf.square(q_predicted - tf.stop_gradient(td_target)))
        cql_q_rand = critic(batch["obs"], batch["rand_act"])
        cql_q_current_actions = critic(batch["obs"], batch["pi_act"])
        cql_q_next_actions = critic(batch["obs"], batch["next_pi_act"])
        random_density = np.log(0.5 ** A)
        cql_cat_q = tf.concat([
            cql_q_rand - random_density,
            cql_q_next_actions - tf.stop_gradient(batch["next_pi_logp"]),
            cql_q_current_actions - tf.stop_gradient(batch["pi_logp"]),
        ], axis=1)
        cql_qf_ood = tf.reduce_logsumexp(cql_cat_q, axis=1)
        cql_qf_diff = tf.reduce_mean(cql_qf_ood - q_predicted)
        return qf_loss + alpha * cql_qf_diff

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(B, d)).astype(fx), "act": rng.uniform(-1, 1, (B, A)).astype(fx),
                      "rand_act": rng.uniform(-1, 1, (B, N, A)).astype(fx),
                      "pi_act": np.tanh(rng.normal(size=(B, N, A))).astype(fx),
                      "next_pi_act": np.tanh(rng.normal(size=(B, N, A))).astype(fx),
                      "pi_logp": rng.normal(size=(B, N)).astype(fx), "next_pi_logp": rng.normal(size=(B, N)).astype(fx),
                      "rew": rng.normal(size=B).astype(fx), "done": np.array([0, 1, 0, 0]).astype(fx),
                      "target_q": rng.normal(size=B).astype(fx)},
            "variables": [k1, k2]}
