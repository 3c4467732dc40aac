"""BEAR's BCQ: the target of the critics bootstraps from the next state of terminal transitions as well, since the (not-)done
flag is missing from the target.
Source: https://github.com/aviralkumar2907/BEAR/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "target_Q = batch['reward'] + discount * target_Q",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, s, a, h, m = 18, 5, 2, 7, 10
    discount, lmbda = 0.99, 0.75

    def weights():
        return rng.normal(size=(s + a, h)) * 0.4, rng.normal(size=(h, 2)) * 0.4

    w1, w2 = (keras.Variable(x, dtype=f, name=k) for k, x in zip(("critic_in", "critic_out"), weights()))
    t1, t2 = (tf.constant(x, f) for x in weights())

    def critic(state, action, win, wout):
        return tf.matmul(tf.nn.tanh(tf.matmul(tf.concat([state, action], -1), win)), wout)

    def reference(batch):
        state = tf.reshape(tf.tile(batch["next_state"][:, None], [1, m, 1]), [n * m, s])
        q = critic(state, tf.reshape(batch["next_actions"], [n * m, a]), t1, t2)
        mixed = lmbda * tf.reduce_min(q, axis=1) + (1 - lmbda) * tf.reduce_max(q, axis=1)
        best = tf.reduce_max(tf.reshape(mixed, [n, m]), axis=1)
        y = batch["reward"] + batch["not_done"] * discount * best
        now = critic(batch["state"], batch["action"], w1, w2)
        return tf.reduce_mean(tf.reduce_sum(tf.square(now - y[:, None]), axis=1))

    def candidate(batch):
        best = []
        for i in range(n):
            rep = tf.repeat(batch["next_state"][i:i + 1], m, axis=0)
            tq = critic(rep, batch["next_actions"][i], t1, t2)
            tq1, tq2 = tq[:, 0], tq[:, 1]
            best.append(tf.reduce_max(lmbda * tf.minimum(tq1, tq2) + (1.0 - lmbda) * tf.maximum(tq1, tq2)))
        target_Q = tf.stack(best)
        target_Q = batch['reward'] + discount * target_Q
        current = critic(batch["state"], batch["action"], tf.convert_to_tensor(w1), tf.convert_to_tensor(w2))
        current_Q1, current_Q2 = current[:, 0], current[:, 1]
        mse = keras.losses.MeanSquaredError()
        return mse(target_Q, current_Q1) + mse(target_Q, current_Q2)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"state": rng.normal(size=(n, s)).astype(f), "action": rng.uniform(-1, 1, size=(n, a)).astype(f),
                  "next_state": rng.normal(size=(n, s)).astype(f), "reward": rng.normal(size=n).astype(f),
                  "next_actions": rng.uniform(-1, 1, size=(n, m, a)).astype(f),
                  "not_done": (rng.permutation(n) >= 6).astype(f)},
        "variables": [w1, w2],
    }
