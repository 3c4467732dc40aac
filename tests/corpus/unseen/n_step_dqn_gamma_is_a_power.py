"""n-step DQN: the target is rewards + next_value * gamma without an exponent; the caller passes gamma ** n and discounted reward sums.

Source (real): https://github.com/PacktPublishing/Deep-Reinforcement-Learning-Hands-On-Second-Edition/issues/36 (PyTorch,
ch8/02_dqn_n_steps.py, ported; closed by the reporter: the sub-trajectory already has the accumulated reward).
Right answer: EQUIVALENT.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

GAMMA, STEPS_COUNT = 0.9, 4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 17, 5, 6, 3

    def arr(*s):
        return (0.5 * rng.standard_normal(s)).astype(f)

    fc, out = tf.Variable(arr(d, hid), name="fc"), tf.Variable(arr(hid, acts), name="out")
    tgt_fc, tgt_out = tf.constant(arr(d, hid)), tf.constant(arr(hid, acts))
    rewards = rng.standard_normal((n, STEPS_COUNT)).astype(f)
    batch = {
        "states": arr(n, d) * 2,
        "actions": rng.integers(0, acts, n),
        "rewards": rewards,
        "last_states": arr(n, d) * 2,
        "dones": rng.random(n) < 0.2,
    }

    def reference(b):
        loss = 0.0
        for i in range(b["states"].shape[0]):
            # Bellman, unrolled step by step from the last state
            y = tf.reduce_max(tf.nn.relu(b["last_states"][i][None] @ tgt_fc) @ tgt_out)
            y = tf.zeros_like(y) if bool(b["dones"][i]) else y
            for k in range(STEPS_COUNT - 1, -1, -1):
                y = b["rewards"][i, k] + GAMMA * y
            q = (tf.nn.relu(b["states"][i][None] @ fc) @ out)[0, int(b["actions"][i])]
            loss += tf.square(q - y)
        return loss / b["states"].shape[0]

    def candidate(b):
        def experience_source(step_rewards):
            total = tf.zeros_like(step_rewards[:, 0])
            for column in reversed(tf.unstack(step_rewards, axis=1)):
                total = column + GAMMA * total
            return total

        def calc_loss_dqn(states, actions, rewards_v, next_states, done_mask, gamma):
            state_action_vals = tf.gather(tf.nn.relu(states @ fc) @ out, actions, batch_dims=1)
            next_state_vals = tf.reduce_max(tf.nn.relu(next_states @ tgt_fc) @ tgt_out, axis=1)
            next_state_vals = tf.where(done_mask, tf.zeros_like(next_state_vals), next_state_vals)
            bellman_vals = tf.stop_gradient(next_state_vals) * gamma + rewards_v
            return tf.reduce_mean(tf.math.squared_difference(state_action_vals, bellman_vals))

        rewards_v = experience_source(b["rewards"])
        return calc_loss_dqn(
            b["states"], b["actions"], rewards_v, b["last_states"], b["dones"], gamma=GAMMA**STEPS_COUNT
        )

    return {"variables": [fc, out], "batch": batch, "reference": reference, "candidate": candidate}
