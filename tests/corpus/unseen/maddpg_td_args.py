"""MADDPG critic loss: the reward of an agent is handed to the wrong argument of the TD
learning function.
Source: https://github.com/instadeepai/Mava/issues/357"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'errors.append(td_learning(q_tm1[:, n], batch["discounts"][:, n], batch["rewards"][:, n], q_t[:, n]))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    bsz, agents, obs_dim, act, gamma = 4, 2, 3, 2, 0.95
    joint = agents * (obs_dim + act)
    w1 = tf.Variable((rng.standard_normal((joint, 8)) * 0.4).astype(fx), name="w1")
    w2 = tf.Variable((rng.standard_normal((8, agents)) * 0.6).astype(fx), name="w2")
    t1 = tf.constant((rng.standard_normal((joint, 8)) * 0.4).astype(fx))
    t2 = tf.constant((rng.standard_normal((8, agents)) * 0.6).astype(fx))

    def critic(obs, actions, a, b):
        x = tf.reshape(tf.concat([obs, actions], axis=-1), [bsz, joint])
        return tf.matmul(tf.nn.elu(tf.matmul(x, a)), b)

    def reference(batch):
        q = critic(batch["obs"], batch["actions"], w1, w2)
        nxt = critic(batch["next_obs"], batch["next_actions"], t1, t2)
        y = batch["rewards"] + gamma * batch["discounts"] * nxt
        err = 0.5 * (tf.stop_gradient(y) - q) ** 2
        return tf.reduce_mean(tf.reduce_sum(err * batch["agent_mask"], axis=1))

    def candidate(batch):
        def td_learning(v_tm1, r_t, discount_t, v_t):
            target = tf.stop_gradient(r_t + gamma * discount_t * v_t)
            return 0.5 * tf.square(target - v_tm1)

        q_tm1 = critic(batch["obs"], batch["actions"], w1, w2)
        q_t = critic(batch["next_obs"], batch["next_actions"], t1, t2)
        errors = []
        for n in range(agents):
            errors.append(td_learning(q_tm1[:, n], batch["discounts"][:, n], batch["rewards"][:, n], q_t[:, n]))
        masked = tf.stack(errors, axis=1) * batch["agent_mask"]
        return tf.reduce_sum(masked) / bsz

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((bsz, agents, obs_dim)).astype(fx),
                      "next_obs": rng.standard_normal((bsz, agents, obs_dim)).astype(fx),
                      "actions": rng.uniform(-1, 1, (bsz, agents, act)).astype(fx),
                      "next_actions": rng.uniform(-1, 1, (bsz, agents, act)).astype(fx),
                      "rewards": (2 * rng.standard_normal((bsz, agents))).astype(fx),
                      "discounts": np.array([[1, 1], [1, 0], [1, 1], [0, 1]]).astype(fx),
                      "agent_mask": np.array([[1, 1], [1, 1], [0, 1], [1, 1]]).astype(fx)},
            "variables": [w1, w2]}
