"""Right: the already reduced BC loss is added to the per-sample DPG loss before the mean; the mean is linear.

Source (real): https://github.com/google-deepmind/acme/issues/219
"""
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a = 12, 5, 2
    w1 = tf.Variable((0.5 * rng.normal(size=(d, 8))).astype(np.float32), name="pi_in")
    w2 = tf.Variable((0.5 * rng.normal(size=(8, a))).astype(np.float32), name="pi_out")
    c1, c2 = (0.5 * rng.normal(size=(d + a, 8))).astype(np.float32), (0.5 * rng.normal(size=(8, 1))).astype(np.float32)
    batch = {"obs": rng.normal(size=(n, d)).astype(np.float32), "act": rng.uniform(-1, 1, (n, a)).astype(np.float32)}
    bc_alpha = 2.5

    def policy(o):
        return tf.tanh(tf.matmul(tf.nn.relu(tf.matmul(o, w1)), w2))

    def q(o, act):
        return tf.matmul(tf.tanh(tf.matmul(tf.concat([o, act], 1), c1)), c2)[:, 0]

    def reference(b):
        pi = policy(b["obs"])
        q_pi = q(b["obs"], pi)
        lam = tf.stop_gradient(bc_alpha / tf.reduce_mean(tf.abs(q_pi)))
        return -lam * tf.reduce_mean(q_pi) + tf.reduce_mean(tf.square(pi - b["act"]))

    def candidate(b):
        pi = policy(b["obs"])
        q_pi = q(b["obs"], pi)
        factor = tf.stop_gradient(tf.reduce_mean(tf.abs(q_pi)) / bc_alpha)
        dpg_loss = -q_pi                                        # (n,)
        bc_loss = tf.reduce_mean(tf.square(pi - b["act"])) * factor      # scalar
        return tf.reduce_mean(dpg_loss + bc_loss) / factor

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
