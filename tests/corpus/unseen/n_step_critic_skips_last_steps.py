"""Recurrent n-step critic: the loop stops bootstrap_n steps before the end, so the last values of a sequence are never trained.

Source (real): https://github.com/instadeepai/Mava/issues/355 (TensorFlow, mava/components/tf/losses/sequence.py recurrent_n_step_critic_loss).
Right answer: NOT equivalent. The last steps should use the shorter return that is left to them.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "for t in range(0, seq_len - bootstrap_n):",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, T, d, hid, bootstrap_n, gamma = 13, 7, 4, 5, 3, 0.95

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_in = tf.Variable(0.5 * arr(d, hid), name="core_in")
    w_rec = tf.Variable(0.3 * arr(hid, hid), name="core_rec")
    w_out = tf.Variable(0.7 * arr(hid), name="q_head")
    batch = {
        "obs": arr(n, T, d),
        "target_q": arr(n, T),
        "rewards": arr(n, T),
        "discounts": (rng.random((n, T)) > 0.1).astype(f) * f_cast(gamma, f),
    }

    def unroll(obs):
        state, qs = tf.zeros([tf.shape(obs)[0], hid], obs.dtype), []
        for t in range(T):
            state = tf.tanh(obs[:, t] @ w_in + state @ w_rec)
            qs.append(tf.linalg.matvec(state, w_out))
        return tf.stack(qs, 1)

    def reference(b):
        q, r, g, tq = unroll(b["obs"]), b["rewards"], b["discounts"], b["target_q"]
        pad_r = tf.pad(r[:, :-1], [[0, 0], [0, bootstrap_n]])
        pad_g = tf.pad(g[:, :-1], [[0, 0], [0, bootstrap_n]], constant_values=1.0)
        pad_q = tf.concat([tq] + [tq[:, -1:]] * bootstrap_n, axis=1)
        y = pad_q[:, bootstrap_n : bootstrap_n + T - 1]
        for k in reversed(range(bootstrap_n)):
            y = pad_r[:, k : k + T - 1] + pad_g[:, k : k + T - 1] * y
        return tf.reduce_mean(tf.reduce_sum(tf.square(y - q[:, :-1]), axis=1))

    def candidate(b):
        q_values, target_q_values = unroll(b["obs"]), b["target_q"]
        rewards, discounts = b["rewards"], b["discounts"]
        seq_len = rewards.shape[1]
        critic_loss = 0.0
        for t in range(0, seq_len - bootstrap_n):
            last = min(t + bootstrap_n, seq_len - 1)
            n_step_return, disc = 0.0, 1.0
            for i in range(t, last):
                n_step_return += disc * rewards[:, i]
                disc = disc * discounts[:, i]
            target = tf.stop_gradient(n_step_return + disc * target_q_values[:, last])
            critic_loss += tf.square(target - q_values[:, t])
        return tf.reduce_mean(critic_loss)

    return {"variables": [w_in, w_rec, w_out], "batch": batch, "reference": reference, "candidate": candidate}


def f_cast(x, dtype):
    return np.asarray(x, dtype)
