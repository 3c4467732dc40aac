"""MADDPG critic target: inside the loop over agents every target actor is fed the next observation of agent i
instead of its own. Source: https://github.com/cyoon1729/Multi-agent-reinforcement-learning/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "next_action_j = tf.tanh(tf.matmul(next_obs_i, batch[\"target_actor_w\"][j]))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, agents, od, ad = 6, 3, 4, 2
    fx = keras.config.floatx()
    gamma = 0.95
    critics = [
        tf.Variable(rng.normal(size=(agents * (od + ad), 1)).astype(fx) * 0.7 - 0.2, name=f"critic{i}")
        for i in range(agents)
    ]

    def reference(batch):
        obs, act, nobs = batch["obs"], batch["actions"], batch["next_obs"]
        pi_next = tf.tanh(tf.einsum("ano,aok->ank", nobs, batch["target_actor_w"]))

        def joint(o, a):
            rows = tf.concat([o, a], axis=-1)
            o_flat = tf.concat(tf.unstack(rows[..., :od]), axis=-1)
            a_flat = tf.concat(tf.unstack(rows[..., od:]), axis=-1)
            return tf.concat([o_flat, a_flat], axis=-1)

        x, x_next = joint(obs, act), joint(nobs, pi_next)
        total = 0.0
        for i, w in enumerate(critics):
            q_next = tf.linalg.matvec(x_next, batch["target_critic_w"][i, :, 0])
            y = batch["rewards"][i] + gamma * (1.0 - batch["dones"]) * q_next
            total += tf.reduce_mean(tf.square(tf.linalg.matvec(x, w[:, 0]) - y))
        return total

    def candidate(batch):
        state = tf.concat([batch["obs"][k] for k in range(agents)], axis=1)
        next_state = tf.concat([batch["next_obs"][k] for k in range(agents)], axis=1)
        joint_action = tf.concat([batch["actions"][k] for k in range(agents)], axis=1)
        losses = []
        for i in range(agents):
            next_obs_i = batch["next_obs"][i]
            reward_i = batch["rewards"][i][:, None]
            next_actions = []
            for j in range(agents):
                next_action_j = tf.tanh(tf.matmul(next_obs_i, batch["target_actor_w"][j]))
                next_actions.append(next_action_j)
            next_joint = tf.concat(next_actions, axis=1)
            curr_q = tf.matmul(tf.concat([state, joint_action], axis=1), critics[i])
            next_q = tf.matmul(tf.concat([next_state, next_joint], axis=1), batch["target_critic_w"][i])
            target = reward_i + gamma * next_q * (1.0 - batch["dones"][:, None])
            losses.append(tf.reduce_mean(tf.square(curr_q - tf.stop_gradient(target))))
        return tf.add_n(losses)

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "obs": rng.normal(size=(agents, n, od)).astype(fx),
            "next_obs": rng.normal(size=(agents, n, od)).astype(fx),
            "actions": rng.uniform(-1, 1, size=(agents, n, ad)).astype(fx),
            "rewards": rng.normal(size=(agents, n)).astype(fx),
            "dones": (rng.uniform(size=n) < 0.3).astype(fx),
            "target_actor_w": rng.normal(size=(agents, od, ad)).astype(fx),
            "target_critic_w": rng.normal(size=(agents, agents * (od + ad), 1)).astype(fx),
        },
        "variables": critics,
    }
