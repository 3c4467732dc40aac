"""MADDPG: the next action of every agent is computed from the next observation of the agent that is being updated.

Source (real): https://github.com/cyoon1729/Multi-agent-reinforcement-learning/issues/3 (PyTorch, ported; the same in issues/5).
Right answer: NOT equivalent. Inside the loop over agents, next_obs_batch_i does not change; the targets of the critics are wrong.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "indiv_next_action = actor(agent, next_obs_batch_i)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, num_agents, d, acts, hid = 18, 3, 5, 2, 6
    gamma = 0.95

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_actor = tf.Variable(0.6 * arr(num_agents, d, acts), name="actors")
    w_hid = tf.Variable(0.4 * arr(num_agents, num_agents * (d + acts), hid), name="critics_hidden")
    w_out = tf.Variable(0.8 * arr(num_agents, hid), name="critics_out")
    batch = {
        "obs": arr(n, num_agents, d),
        "actions": np.tanh(arr(n, num_agents, acts)),
        "rewards": arr(n, num_agents),
        "next_obs": arr(n, num_agents, d),
        "done": (rng.random(n) < 0.2).astype(f),
    }

    def actor(agent, obs):
        return tf.tanh(obs @ w_actor[agent])

    def critic(agent, state, joint_action):
        hidden = tf.nn.elu(tf.concat([state, joint_action], axis=-1) @ w_hid[agent])
        return tf.linalg.matvec(hidden, w_out[agent])

    def reference(b):
        m = b["obs"].shape[0]
        flat = tf.reshape(b["obs"], [m, -1])
        flat_next = tf.reshape(b["next_obs"], [m, -1])
        joint = tf.reshape(tf.tanh(tf.einsum("bkd,kda->bka", b["next_obs"], w_actor)), [m, -1])
        loss = 0.0
        for k in range(num_agents):
            boot = critic(k, flat_next, joint) * (1.0 - b["done"])
            y = tf.stop_gradient(b["rewards"][:, k] + gamma * boot)
            loss += tf.reduce_mean((critic(k, flat, tf.reshape(b["actions"], [m, -1])) - y) ** 2)
            own = [b["actions"][:, j] if j != k else actor(k, b["obs"][:, k]) for j in range(num_agents)]
            loss -= tf.reduce_mean(critic(k, flat, tf.concat(own, -1)))
        return loss

    def candidate(b):
        batch_size = b["obs"].shape[0]
        global_state_batch = tf.reshape(b["obs"], [batch_size, -1])
        global_next_state_batch = tf.reshape(b["next_obs"], [batch_size, -1])
        global_actions_batch = tf.reshape(b["actions"], [batch_size, -1])
        total_loss = 0.0
        for i in range(num_agents):
            obs_batch_i = b["obs"][:, i]
            next_obs_batch_i = b["next_obs"][:, i]
            next_global_actions = []
            for agent in range(num_agents):
                indiv_next_action = actor(agent, next_obs_batch_i)
                next_global_actions.append(indiv_next_action)
            next_global_actions = tf.concat(next_global_actions, axis=-1)
            next_q = critic(i, global_next_state_batch, next_global_actions)
            estimated_q = b["rewards"][:, i] + gamma * (1.0 - b["done"]) * next_q
            curr_q = critic(i, global_state_batch, global_actions_batch)
            critic_loss = tf.reduce_mean(tf.square(curr_q - tf.stop_gradient(estimated_q)))
            actions = tf.unstack(b["actions"], axis=1)
            actions[i] = actor(i, obs_batch_i)
            policy_loss = -tf.reduce_mean(critic(i, global_state_batch, tf.concat(actions, axis=-1)))
            total_loss += critic_loss + policy_loss
        return total_loss

    return {"variables": [w_actor, w_hid, w_out], "batch": batch, "reference": reference, "candidate": candidate}
