"""TD3: the error of the first critic has the twin's error added before the Huber loss, and the twin is counted again after it.

Source (real): https://github.com/ray-project/ray/pull/10775 (RLlib DDPG/TD3, TensorFlow and PyTorch).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "td_error = q_t_selected - q_t_selected_target + twin_td_error",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, a = 29, 4, 2
    gamma, huber_threshold = 0.98, 1.0

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    q_w = tf.Variable(0.6 * arr(d + a, 1), name="q_model")
    twin_w = tf.Variable(0.6 * arr(d + a, 1), name="twin_q_model")
    target = [0.6 * arr(d + a, 1) for _ in range(2)]
    batch = {"obs": arr(n, d), "actions": np.tanh(arr(n, a)), "next_obs": arr(n, d),
             "next_actions": np.tanh(arr(n, a)), "rewards": arr(n),
             "dones": (rng.random(n) < 0.2).astype(f), "weights": (0.5 + rng.random(n)).astype(f)}

    def reference(b):
        total = 0.0
        m = b["obs"].shape[0]
        for i in range(m):
            after = tf.concat([b["next_obs"][i], b["next_actions"][i]], 0)
            bootstrap = min(float(tf.tensordot(after, k[:, 0], 1)) for k in target)
            y = b["rewards"][i] + gamma * (1 - b["dones"][i]) * bootstrap
            now = tf.concat([b["obs"][i], b["actions"][i]], 0)
            for k in (q_w, twin_w):
                e = tf.abs(tf.tensordot(now, k[:, 0], 1) - y)
                cost = 0.5 * e ** 2 if float(e) < huber_threshold else huber_threshold * (e - 0.5 * huber_threshold)
                total += b["weights"][i] * cost
        return total / m

    def candidate(b):
        def huber_loss(x, delta):
            return tf.where(tf.abs(x) < delta, 0.5 * tf.square(x), delta * (tf.abs(x) - 0.5 * delta))

        sa = tf.concat([b["obs"], b["actions"]], axis=1)
        sa_tp1 = tf.concat([b["next_obs"], b["next_actions"]], axis=1)
        q_t_selected = tf.squeeze(sa @ q_w, axis=1)
        twin_q_t_selected = tf.squeeze(sa @ twin_w, axis=1)
        q_tp1 = tf.minimum(sa_tp1 @ target[0], sa_tp1 @ target[1])
        q_tp1_best_masked = (1.0 - b["dones"]) * tf.squeeze(q_tp1, axis=1)
        q_t_selected_target = tf.stop_gradient(b["rewards"] + gamma * q_tp1_best_masked)
        twin_td_error = twin_q_t_selected - q_t_selected_target
        td_error = q_t_selected - q_t_selected_target + twin_td_error
        errors = huber_loss(td_error, huber_threshold) + huber_loss(twin_td_error, huber_threshold)
        return tf.reduce_mean(b["weights"] * errors)

    return {"variables": [q_w, twin_w], "batch": batch, "reference": reference, "candidate": candidate}
