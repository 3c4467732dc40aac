"""Thread: in tetrisRL the expected state-action values have shape [64] while the gathered ones have [64, 1]; the fix reshapes
the target. Source: https://github.com/jaybutera/tetrisRL/pull/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "diff = state_action_values - tf.stop_gradient(expected_state_action_values)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, h, w, n_act, gamma = 6, 4, 3, 4, 0.9
    k = tf.Variable(rng.normal(size=(2, 2, 1, 3)).astype(fx), name="conv_k")
    d = tf.Variable(rng.normal(size=(h * w * 3, n_act)).astype(fx) * 0.4, name="head_w")

    def net(board):
        x = tf.nn.leaky_relu(tf.nn.conv2d(board[..., None], k, strides=1, padding="SAME"))
        return tf.matmul(tf.reshape(x, (-1, h * w * 3)), d)

    def reference(batch):
        q = net(batch["board"])
        q_next = tf.stop_gradient(tf.reduce_max(net(batch["next_board"]), axis=1))
        total = 0.0
        for i in range(n):
            a = batch["action"][i, 0]
            y = batch["reward"][i] + gamma * batch["non_final"][i] * q_next[i]
            e = q[i, a] - y
            total += tf.where(tf.abs(e) < 1, 0.5 * e * e, tf.abs(e) - 0.5)
        return total / n

    def candidate(batch):
        state_action_values = tf.gather(net(batch["board"]), batch["action"], axis=1, batch_dims=1)

        next_state_values = tf.reduce_max(net(batch["next_board"]), axis=1)
        next_state_values = next_state_values * batch["non_final"]

        expected_state_action_values = next_state_values * gamma + batch["reward"]

        diff = state_action_values - tf.stop_gradient(expected_state_action_values)
        absd = tf.abs(diff)
        huber = tf.where(absd < 1.0, 0.5 * tf.square(diff), absd - 0.5)
        return tf.reduce_mean(huber)

    return {"reference": reference, "candidate": candidate,
            "batch": {"board": rng.integers(0, 2, (n, h, w)).astype(fx),
                      "next_board": rng.integers(0, 2, (n, h, w)).astype(fx),
                      "action": rng.integers(0, n_act, (n, 1)),
                      "reward": rng.normal(size=n).astype(fx) * 2,
                      "non_final": (rng.random(n) > 0.3).astype(fx)},
            "variables": [k, d]}
