"""Right: CQL(H) without the factors 1/(2 N) in the importance-sampled logsumexp; equal counts factor out as a constant.

Source (real): https://github.com/aviralkumar2907/CQL/issues/7
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}

N_ACTIONS, MIN_Q_WEIGHT = 6, 2.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a = 8, 5, 2
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {
        "obs": f(n, d), "actions": np.tanh(f(n, a)), "q_target": f(n),
        "random_actions": rng.uniform(-1, 1, (n, N_ACTIONS, a)).astype("float32"),
        "curr_actions": np.tanh(f(n, N_ACTIONS, a)), "curr_log_pis": f(n, N_ACTIONS) - 1.0,
    }
    W1 = tf.Variable(0.6 * f(d + a, 8), name="W1")
    b1 = tf.Variable(0.2 * f(8), name="b1")
    W2 = tf.Variable(0.8 * f(8, 1), name="W2")
    random_density = float(np.log(0.5 ** a))

    def qf(obs, act):
        h = tf.nn.relu(tf.tensordot(tf.concat([obs, act], -1), W1, 1) + b1)
        return tf.squeeze(tf.tensordot(h, W2, 1), -1)

    def tensor_q(b, key):
        return qf(tf.tile(b["obs"][:, None, :], (1, N_ACTIONS, 1)), b[key])

    def reference(b):
        """log( 1/(2N) sum_unif exp(Q)/unif + 1/(2N) sum_pi exp(Q)/pi ), as in the appendix."""
        q = qf(b["obs"], b["actions"])
        unif = tf.exp(tensor_q(b, "random_actions")) / np.exp(random_density)
        onpol = tf.exp(tensor_q(b, "curr_actions")) / np.exp(b["curr_log_pis"])
        z = tf.reduce_sum(unif, 1) / (2 * N_ACTIONS) + tf.reduce_sum(onpol, 1) / (2 * N_ACTIONS)
        return 0.5 * tf.reduce_mean((q - b["q_target"]) ** 2) + MIN_Q_WEIGHT * tf.reduce_mean(tf.math.log(z) - q)

    def candidate(b):
        q1_pred = qf(b["obs"], b["actions"])
        cat_q1 = tf.concat([tensor_q(b, "random_actions") - random_density,
                            tensor_q(b, "curr_actions") - b["curr_log_pis"]], axis=1)
        min_qf1_loss = tf.reduce_mean(tf.reduce_logsumexp(cat_q1, axis=1)) * MIN_Q_WEIGHT
        min_qf1_loss = min_qf1_loss - tf.reduce_mean(q1_pred) * MIN_Q_WEIGHT
        return 0.5 * tf.reduce_mean(tf.square(q1_pred - b["q_target"])) + min_qf1_loss

    return {"variables": [W1, b1, W2], "batch": batch, "reference": reference, "candidate": candidate}
