"""RLlib's QMIX appends q-values of -9999999 after the last step of every sequence. The (1 - terminated) factor hides them
only if the sequence ends in a terminal state; a sequence cut by max_seq_len bootstraps from the padding.
Source: https://github.com/ray-project/ray/issues/4693"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "filler = tf.fill([B, 1, N_AGENTS, N_ACTIONS], tf.cast(-9999999.0, f))",
    "same_forward_value": False,
}

B, T, N_AGENTS, OBS, N_ACTIONS = 14, 5, 3, 6, 4


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    gamma = 0.95
    agent_w = keras.Variable(rng.normal(size=(OBS, N_ACTIONS)) * 0.4, dtype=f, name="agent_w")
    agent_b = keras.Variable(rng.normal(size=(N_ACTIONS,)) * 0.1, dtype=f, name="agent_b")
    mix = keras.Variable(rng.normal(size=(N_AGENTS,)) * 0.5 + 1.0, dtype=f, name="mix")
    tgt_w = tf.constant(rng.normal(size=(OBS, N_ACTIONS)) * 0.4, f)
    tgt_mix = tf.constant(np.abs(rng.normal(size=(N_AGENTS,))) + 0.3, f)
    terminated = np.zeros((B, T))
    terminated[::3, -1] = 1.0

    def reference(batch):
        q_all = tf.einsum("btao,ou->btau", batch["obs"], tf.convert_to_tensor(agent_w)) + agent_b
        q_taken = tf.reduce_sum(q_all * tf.one_hot(batch["actions"], N_ACTIONS, dtype=f), axis=-1)
        q_tot = tf.reduce_sum(q_taken * tf.abs(mix), axis=-1)
        next_q = tf.reduce_max(tf.einsum("btao,ou->btau", batch["next_obs"], tgt_w), axis=-1)
        next_tot = tf.reduce_sum(next_q * tgt_mix, axis=-1)
        target = batch["rewards"] + gamma * (1.0 - batch["terminated"]) * next_tot
        return tf.reduce_mean(tf.square(q_tot - target))

    def candidate(batch):
        def unroll_mac(obs, w, bias):
            outs = []
            for t in range(T):
                per_agent = [tf.matmul(obs[:, t, a], w) + bias for a in range(N_AGENTS)]
                outs.append(tf.stack(per_agent, axis=1))
            return tf.stack(outs, axis=1)

        mac_out = unroll_mac(batch["obs"], tf.convert_to_tensor(agent_w), agent_b)
        chosen = tf.gather(mac_out, batch["actions"], axis=3, batch_dims=3)
        target_mac = unroll_mac(batch["obs"], tgt_w, tf.zeros([N_ACTIONS], f))
        filler = tf.fill([B, 1, N_AGENTS, N_ACTIONS], tf.cast(-9999999.0, f))
        target_mac = tf.concat([target_mac[:, 1:], filler], axis=1)
        target_max = tf.reduce_max(target_mac, axis=3)
        chosen_tot = tf.linalg.matvec(chosen, tf.abs(tf.convert_to_tensor(mix)))
        target_tot = tf.linalg.matvec(target_max, tgt_mix)
        td_error = chosen_tot - (batch["rewards"] + gamma * (1 - batch["terminated"]) * target_tot)
        return tf.reduce_sum(td_error ** 2) / (B * T)

    obs = rng.normal(size=(B, T + 1, N_AGENTS, OBS))
    return {
        "reference": reference, "candidate": candidate,
        "batch": {"obs": obs[:, :-1].astype(f), "next_obs": obs[:, 1:].astype(f),
                  "actions": rng.integers(0, N_ACTIONS, size=(B, T, N_AGENTS)).astype("int32"),
                  "rewards": rng.normal(size=(B, T)).astype(f), "terminated": terminated.astype(f)},
        "variables": [agent_w, agent_b, mix],
    }
