"""compute_lambda_values drops the last reward and the last continue flag of the imagined
rollout after a refactoring; the first ones have to go.
Source: https://github.com/kc-ml2/SimpleDreamer/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'rewards = all_rewards[:, :-1]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    bsz, horizon, dim, gamma, lam = 3, 5, 4, 0.95, 0.8
    w_a = tf.Variable((rng.standard_normal((dim, dim)) * 0.4).astype(fx), name="w_actor")
    w_r = tf.constant((rng.standard_normal((dim, 1)) * 0.8).astype(fx))
    w_v = tf.constant((rng.standard_normal((dim, 1)) * 0.8).astype(fx))

    def imagine(batch):
        states = [batch["start"]]
        for _ in range(horizon):
            states.append(tf.tanh(tf.matmul(states[-1], w_a) + 0.5 * states[-1]))
        return tf.stack(states, axis=1)

    def reference(batch):
        s = imagine(batch)
        r = tf.matmul(s, w_r)[..., 0]
        v = tf.matmul(s, w_v)[..., 0]
        disc = gamma * batch["continues"]
        g = v[:, horizon]
        total = tf.zeros((), fx)
        for t in reversed(range(horizon)):
            g = r[:, t + 1] + disc[:, t + 1] * ((1 - lam) * v[:, t + 1] + lam * g)
            total -= tf.reduce_sum(g)
        return total / (bsz * horizon)

    def candidate(batch):
        states = imagine(batch)
        flat = tf.reshape(states, [-1, dim])
        all_rewards = tf.reshape(tf.matmul(flat, w_r), [bsz, horizon + 1])
        all_values = tf.reshape(tf.matmul(flat, w_v), [bsz, horizon + 1])
        rewards = all_rewards[:, :-1]
        continues = batch["continues"][:, 1:]
        next_values = all_values[:, 1:]
        inputs = rewards + gamma * continues * next_values * (1 - lam)
        last = next_values[:, -1]
        outputs = []
        for index in range(horizon - 1, -1, -1):
            last = inputs[:, index] + continues[:, index] * gamma * lam * last
            outputs.append(last)
        return -tf.reduce_mean(tf.stack(outputs[::-1], axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"start": rng.standard_normal((bsz, dim)).astype(fx),
                      "continues": np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 1, 1], [1, 1, 1, 1, 0, 1]]).astype(fx)},
            "variables": [w_a]}
