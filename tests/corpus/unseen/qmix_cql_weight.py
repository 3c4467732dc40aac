"""og-marl qmix_cql: the conservative term enters the loss without its weight cql_weight.
Source: https://github.com/instadeepai/og-marl/pull/28"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'loss = td_loss + cql_loss',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    n, t, agents, s, acts, gamma, cql_weight = 3, 4, 2, 3, 3, 0.9, 3.0
    q_w = var("q_net", s, acts)
    hyper = var("hyper_w", s * agents, agents)
    hyper_b = var("hyper_b", s * agents, 1)
    tgt_q, tgt_h, tgt_b = map(tf.constant, (arr(s, acts), arr(s * agents, agents), arr(s * agents, 1)))

    def mix(qs, state, w, b):
        return tf.reduce_sum(qs * tf.abs(state @ w), -1) + (state @ b)[..., 0]

    def reference(batch):
        obs, act = batch["obs"], batch["act"]
        state = tf.reshape(obs, [n, t, s * agents])
        q = obs @ q_w
        chosen = tf.reduce_sum(q * tf.one_hot(act, acts, dtype=F), -1)
        q_tot = mix(chosen, state, hyper, hyper_b)
        best = tf.argmax(q, -1)
        next_q = tf.gather(obs @ tgt_q, best, batch_dims=3)
        tgt = mix(next_q, state, tgt_h, tgt_b)[:, 1:]
        y = tf.stop_gradient(batch["rew"][:, :-1] + gamma * (1 - batch["done"][:, :-1]) * tgt)
        td = 0.5 * tf.reduce_mean((y - q_tot[:, :-1]) ** 2)
        ood = [mix(tf.gather(q, a, batch_dims=3), state, hyper, hyper_b) for a in tf.unstack(batch["ood"])]
        gap = tf.reduce_logsumexp(tf.stack(ood + [q_tot], -1), -1) - q_tot
        return td + cql_weight * tf.reduce_mean(gap[:, :-1])

    def candidate(batch):
        observations, actions = batch["obs"], batch["act"]
        env_states = tf.concat(tf.unstack(observations, axis=2), axis=-1)
        qs_out = tf.matmul(observations, q_w)
        chosen_action_qs = tf.gather(qs_out, actions, batch_dims=3)
        mixed = mix(chosen_action_qs, env_states, hyper, hyper_b)
        target_qs = tf.matmul(observations, tgt_q)
        cur_max = tf.one_hot(tf.argmax(qs_out, axis=-1), acts, dtype=F)
        target_max = mix(tf.reduce_sum(target_qs * cur_max, axis=-1), env_states, tgt_h, tgt_b)
        targets = batch["rew"][:, :-1] + (1 - batch["done"][:, :-1]) * gamma * target_max[:, 1:]
        td_error = tf.stop_gradient(targets) - mixed[:, :-1]
        td_loss = tf.reduce_mean(0.5 * tf.square(td_error))

        all_mixed_ood_qs = []
        for i in range(batch["ood"].shape[0]):
            one_ood = tf.one_hot(batch["ood"][i], acts, dtype=F)
            all_mixed_ood_qs.append(mix(tf.reduce_sum(qs_out * one_ood, axis=-1), env_states, hyper, hyper_b))
        all_mixed_ood_qs.append(mixed)
        stacked = tf.stack(all_mixed_ood_qs, axis=-1)
        cql_loss = tf.reduce_mean((tf.reduce_logsumexp(stacked, axis=-1) - mixed)[:, :-1])
        loss = td_loss + cql_loss
        return loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(n, t, agents, s), "act": rng.integers(0, acts, (n, t, agents)),
                      "ood": rng.integers(0, acts, (2, n, t, agents)), "rew": arr(n, t),
                      "done": (rng.random((n, t)) < 0.2).astype(F)},
            "variables": [q_w, hyper, hyper_b]}
