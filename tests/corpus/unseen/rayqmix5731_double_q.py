"""QMIX's double Q target takes the greedy actions from the live network at time t instead of t+1 (off by one). Source: https://github.com/ray-project/ray/pull/5731"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "masked_mac_out = tf.where(batch['action_mask'] > 0, mac_out, -1e8)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    B, T, N, obs, A, H, gamma = 3, 4, 2, 5, 3, 8, 0.95
    init = lambda *s: tf.Variable(rng.normal(0, 0.5, s).astype("float32"))
    agent_w, agent_u, agent_q = init(obs, H), init(H, H), init(H, A)
    hyper_w, hyper_b = init(N * obs, N), init(N * obs, 1)
    live = [agent_w, agent_u, agent_q, hyper_w, hyper_b]
    target = [tf.constant(v.numpy() + rng.normal(0, 0.3, v.shape).astype("float32")) for v in live]

    def unroll_mac(params, observations):
        w, u, q = params[:3]
        h = tf.zeros((B, N, H))
        outs = []
        for t in range(T):
            h = tf.tanh(observations[:, t] @ w + h @ u)
            outs.append(h @ q)
        return tf.stack(outs, axis=1)

    def mixer(params, agent_qs, observations):
        state = tf.reshape(observations, (B, T, N * obs))
        w = tf.abs(state @ params[3])
        return tf.reduce_sum(agent_qs * w, axis=2) + tf.squeeze(state @ params[4], -1)

    def td_loss(batch, chosen_action_qvals, target_max_qvals):
        q_tot = mixer(live, chosen_action_qvals, batch["obs"])
        target_tot = mixer(target, target_max_qvals, batch["next_obs"])
        targets = batch["rewards"] + gamma * (1 - batch["terminated"]) * target_tot
        td_error = (q_tot - tf.stop_gradient(targets)) * batch["mask"]
        return tf.reduce_sum(td_error ** 2) / tf.reduce_sum(batch["mask"])

    def reference(batch):
        chosen = tf.gather(unroll_mac(live, batch["obs"]), batch["actions"], batch_dims=3)
        target_out = unroll_mac(target, batch["next_obs"])
        live_tp1 = unroll_mac(live, batch["next_obs"])
        live_tp1 = tf.where(batch["next_action_mask"] > 0, live_tp1, -1e8)
        best = tf.argmax(live_tp1, axis=-1)
        return td_loss(batch, chosen, tf.gather(target_out, best, batch_dims=3))

    def candidate(batch):
        mac_out = unroll_mac(live, batch["obs"])
        chosen_action_qvals = tf.reduce_sum(mac_out * tf.one_hot(batch["actions"], A), axis=3)
        target_mac_out = unroll_mac(target, batch["next_obs"])
        # Max over target Q-Values, double Q
        masked_mac_out = tf.where(batch['action_mask'] > 0, mac_out, -1e8)
        cur_max_actions = tf.argmax(masked_mac_out, axis=3)
        target_max_qvals = tf.reduce_sum(target_mac_out * tf.one_hot(cur_max_actions, A), axis=3)
        return td_loss(batch, chosen_action_qvals, target_max_qvals)

    action_mask = np.ones((B, T + 1, N, A), "int32")
    action_mask[..., 2] = rng.integers(0, 2, (B, T + 1, N))
    observations = rng.normal(size=(B, T + 1, N, obs)).astype("float32")
    batch = {
        "obs": observations[:, :-1], "next_obs": observations[:, 1:],
        "actions": rng.integers(0, A, (B, T, N)).astype("int32"),
        "action_mask": action_mask[:, :-1], "next_action_mask": action_mask[:, 1:],
        "rewards": rng.normal(size=(B, T)).astype("float32"),
        "terminated": np.array([[0, 0, 0, 1], [0, 0, 1, 1], [0, 0, 0, 0]], "float32"),
        "mask": np.array([[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 1, 1]], "float32"),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": live}
