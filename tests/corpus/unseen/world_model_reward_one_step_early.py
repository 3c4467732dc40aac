"""Dreamer world model: the states of the times 1..T-1 are asked for the rewards of the times 0..T-2.

Source (real): https://github.com/yusukeurakami/dreamer-pytorch/issues/5 (PyTorch, ported; rewards[1:] instead of rewards[:-1], mended in #12).
Right answer: NOT equivalent; the dynamics and the reward head get a gradient towards the wrong rewards, the decoder does not notice.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "reward_loss = tf.reduce_mean(tf.square(reward_model(beliefs) - rewards[:-1]))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, T, d, act, belief = 12, 6, 4, 2, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_h = tf.Variable(0.4 * arr(belief, belief), name="rnn_h")
    w_x = tf.Variable(0.5 * arr(d + act, belief), name="rnn_x")
    w_r = tf.Variable(0.6 * arr(belief), name="reward_head")
    w_o = tf.Variable(0.6 * arr(belief, d), name="observation_head")
    batch = {"observations": arr(n, T, d), "actions": arr(n, T, act), "rewards": arr(n, T)}

    def reference(b):
        loss = 0.0
        state = tf.zeros([b["rewards"].shape[0], belief], b["rewards"].dtype)
        for t in range(1, T):
            into = tf.concat([b["observations"][:, t - 1], b["actions"][:, t - 1]], axis=1)
            state = tf.tanh(state @ w_h + into @ w_x)
            loss += tf.reduce_mean((tf.linalg.matvec(state, w_r) - b["rewards"][:, t]) ** 2)
            loss += tf.reduce_mean(tf.reduce_sum((state @ w_o - b["observations"][:, t]) ** 2, axis=1))
        return loss / (T - 1)

    def candidate(b):
        # time first, as in the replay memory
        observations = tf.transpose(b["observations"], [1, 0, 2])
        actions = tf.transpose(b["actions"], [1, 0, 2])
        rewards = tf.transpose(b["rewards"])

        def transition_model(prev_belief, inputs):
            obs, action = inputs
            return tf.tanh(prev_belief @ w_h + tf.concat([obs, action], -1) @ w_x)

        def reward_model(belief_seq):
            return tf.tensordot(belief_seq, w_r, 1)

        init_belief = tf.zeros([tf.shape(rewards)[1], belief], rewards.dtype)
        beliefs = tf.scan(transition_model, (observations[:-1], actions[:-1]), initializer=init_belief)
        observation_loss = tf.reduce_mean(tf.reduce_sum(tf.square(tf.tensordot(beliefs, w_o, 1) - observations[1:]), -1))
        reward_loss = tf.reduce_mean(tf.square(reward_model(beliefs) - rewards[:-1]))
        return observation_loss + reward_loss

    return {"variables": [w_h, w_x, w_r, w_o], "batch": batch, "reference": reference, "candidate": candidate}
