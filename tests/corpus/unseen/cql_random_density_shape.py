"""CQL: the density of the random actions is computed from the shape of the policy's actions, reported as wrong; only the
size of the last axis is read, which is the same for both.
Source: https://github.com/ray-project/ray/issues/15110"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, adim, n_rand, n_curr, weight = 13, 5, 2, 4, 3, 0.7
    q_model = keras.Sequential([keras.Input((obs + adim,)), keras.layers.Dense(8, activation="tanh", name="q1"),
                                keras.layers.Dense(1, name="q2")])

    def reference(batch):
        penalty = 0.0
        for i in range(n):
            s = batch["obs"][i]
            terms = []
            for k in range(n_rand):
                terms.append(q_model(tf.concat([s, batch["rand"][i, k]], 0)[None])[0, 0] + adim * np.log(2.0))
            for k in range(n_curr):
                terms.append(q_model(tf.concat([s, batch["curr"][i, k]], 0)[None])[0, 0] - batch["curr_logp"][i, k])
            data = q_model(tf.concat([s, batch["action"][i]], 0)[None])[0, 0]
            penalty += weight * (tf.math.log(tf.add_n([tf.exp(x) for x in terms])) - data)
            penalty += (data - batch["td_target"][i]) ** 2
        return penalty / n

    def candidate(batch):
        def q_values_repeat(obs_, actions):
            repeats = actions.shape[1]
            tiled = tf.repeat(obs_[:, None], repeats, axis=1)
            flat = tf.reshape(tf.concat([tiled, actions], -1), (-1, obs + adim))
            return tf.reshape(q_model(flat), (-1, repeats, 1))

        rand_actions, curr_actions = batch["rand"], batch["curr"]
        q_rand = q_values_repeat(batch["obs"], rand_actions)
        q_curr = q_values_repeat(batch["obs"], curr_actions)
        random_density = np.log(0.5 ** curr_actions.shape[-1])
        cat_q = tf.concat([q_rand - random_density, q_curr - batch["curr_logp"][..., None]], axis=1)
        q_t = q_model(tf.concat([batch["obs"], batch["action"]], axis=-1))[:, 0]
        min_qf_loss = tf.reduce_mean(tf.reduce_logsumexp(cat_q, axis=1)) * weight - tf.reduce_mean(q_t) * weight
        critic_loss = keras.losses.mean_squared_error(batch["td_target"], q_t)
        return critic_loss + min_qf_loss

    batch = {"obs": rng.normal(size=(n, obs)).astype(f), "action": rng.uniform(-1, 1, (n, adim)).astype(f),
             "rand": rng.uniform(-1, 1, (n, n_rand, adim)).astype(f), "curr": rng.uniform(-1, 1, (n, n_curr, adim)).astype(f),
             "curr_logp": (-1 + 0.3 * rng.normal(size=(n, n_curr))).astype(f), "td_target": rng.normal(size=n).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": q_model.trainable_variables}
