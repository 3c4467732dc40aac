"""Double DQN that is plain DQN: the target network both selects and evaluates the next action.

Source (real): https://github.com/MaximeVandegar/Papers-in-100-Lines-of-Code/issues/21
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'best = tf.argmax(q_values(b["next_state"], target), axis=1, output_type=tf.int32)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k, gamma = 16, 4, 5, 0.98
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {
        "state": f(n, d), "next_state": f(n, d), "reward": f(n),
        "action": rng.integers(0, k, n).astype("int32"),
        "done": (rng.uniform(size=n) < 0.15).astype("float32"),
    }
    online = [tf.Variable(0.7 * f(d, 8), name="o1"), tf.Variable(0.7 * f(8, k), name="o2")]
    target = [tf.constant(v.numpy() + 0.6 * f(*v.shape)) for v in online]

    def q_values(x, w):
        return tf.matmul(tf.nn.elu(tf.matmul(x, w[0])), w[1])

    def reference(b):
        n = len(b["state"])
        q_next_online = q_values(b["next_state"], online).numpy()
        q_next_target = q_values(b["next_state"], target).numpy()
        a_star = q_next_online.argmax(1)
        y = b["reward"] + gamma * (1 - b["done"]) * q_next_target[np.arange(n), a_star]
        q = q_values(b["state"], online)
        return tf.reduce_mean(tf.stack([(q[i, b["action"][i]] - y[i]) ** 2 for i in range(n)]))

    def candidate(b):
        q = tf.gather(q_values(b["state"], online), b["action"], batch_dims=1)
        best = tf.argmax(q_values(b["next_state"], target), axis=1, output_type=tf.int32)
        q_next = tf.gather(q_values(b["next_state"], target), best, batch_dims=1)
        y = tf.stop_gradient(b["reward"] + gamma * (1.0 - b["done"]) * q_next)
        return tf.reduce_mean(tf.square(q - y))

    return {"variables": online, "batch": batch, "reference": reference, "candidate": candidate}
