"""n-step DQN: the bootstrap after n steps is discounted by gamma, not by gamma ** n.

Source (real): https://github.com/jakegrigsby/AdvancedPacmanDQNs/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'discounted_reward_batch = GAMMA * q_batch',
    "same_forward_value": False,
}

GAMMA, N_STEP = 0.9, 4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 12, 5, 3
    f = lambda *s: rng.normal(size=s).astype("float32")
    ends = rng.integers(1, N_STEP + 4, n)                     # > N_STEP: the episode goes on
    batch = {
        "state": f(n, d), "state_n": f(n, d), "rewards": f(n, N_STEP),
        "alive": (np.arange(N_STEP)[None] < ends[:, None]).astype("float32"),
        "terminal": (ends <= N_STEP).astype("float32"),
        "action": rng.integers(0, k, n).astype("int32"),
    }
    W1 = tf.Variable(0.6 * f(d, 8), name="W1")
    b1 = tf.Variable(0.1 * f(8), name="b1")
    W2 = tf.Variable(0.6 * f(8, k), name="W2")
    T = [tf.constant(v.numpy() + 0.2 * f(*v.shape)) for v in (W1, b1, W2)]

    def q(x, w):
        return tf.matmul(tf.nn.relu(tf.matmul(x, w[0]) + w[1]), w[2]) + 1.0

    def clipped_error(y, pred):
        e = tf.abs(y - pred)
        return tf.where(e < 1.0, 0.5 * e * e, e - 0.5)

    def reference(b):
        n = len(b["state"])
        q_n = tf.reduce_max(q(b["state_n"], T), axis=1)
        pred = q(b["state"], (W1, b1, W2))
        loss = 0.0
        for i in range(n):
            y = q_n[i] * (1.0 - b["terminal"][i])
            for j in reversed(range(N_STEP)):                 # Horner: r_0 + g (r_1 + g (...))
                y = b["rewards"][i, j] * b["alive"][i, j] + GAMMA * y
            loss += clipped_error(y, pred[i, b["action"][i]])
        return loss / n

    def candidate(b):
        q_batch = tf.reduce_max(q(b["state_n"], T), axis=1)
        discounts = GAMMA ** np.arange(N_STEP, dtype="float32")
        n_step_reward = tf.reduce_sum(b["rewards"] * b["alive"] * discounts, axis=1)
        discounted_reward_batch = GAMMA * q_batch
        discounted_reward_batch *= 1.0 - b["terminal"]
        targets = tf.stop_gradient(n_step_reward + discounted_reward_batch)
        pred = tf.gather(q(b["state"], (W1, b1, W2)), b["action"], batch_dims=1)
        return tf.reduce_mean(clipped_error(targets, pred))

    return {"variables": [W1, b1, W2], "batch": batch, "reference": reference, "candidate": candidate}
