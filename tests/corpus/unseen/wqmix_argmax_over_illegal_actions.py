"""Weighted QMIX: the greedy joint action is taken without masking the unavailable actions.

Source (real): https://github.com/jingranburangyongzhongwen/torchMARL/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'argmax_u = tf.argmax(q_evals, axis=-1, output_type=tf.int32)',
    "same_forward_value": False,
}

ALPHA, GAMMA = 0.3, 0.95


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, A, d, k = 14, 2, 4, 5
    f = lambda *s: rng.normal(size=s).astype("float32")
    avail = (rng.uniform(size=(n, A, k)) < 0.5).astype("float32")
    u = rng.integers(0, k, (n, A)).astype("int32")
    np.put_along_axis(avail, u[..., None], 1.0, axis=-1)
    batch = {"o": f(n, A, d), "u": u, "avail_u": avail, "reward": f(n), "next_q_star": f(n)}
    agent = tf.Variable(0.7 * f(d, k), name="agent")
    mix = tf.Variable(np.abs(f(A)) + 0.3, name="mix")
    star = tf.Variable(0.6 * f(d, k), name="q_star")

    def q_star_joint(o, u):
        q = tf.gather(tf.tensordot(o, star, 1), u, batch_dims=2)
        return tf.reduce_sum(q, -1) + 0.5 * tf.reduce_prod(q, -1)

    def losses(b, q_evals, greedy):
        q_tot = tf.linalg.matvec(tf.gather(q_evals, b["u"], batch_dims=2), tf.abs(mix))
        y = b["reward"] + GAMMA * b["next_q_star"]
        q_best = q_star_joint(b["o"], greedy)
        is_greedy = tf.reduce_all(b["u"] == greedy, axis=-1)
        w = tf.where(is_greedy | (y > tf.stop_gradient(q_best)), 1.0, ALPHA)
        central = tf.reduce_mean(tf.square(q_star_joint(b["o"], b["u"]) - y))
        return tf.reduce_mean(w * tf.square(q_tot - y)) + central

    def reference(b):
        n = len(b["o"])
        q_evals = tf.tensordot(b["o"], agent, 1)
        values = q_evals.numpy()
        greedy = np.zeros((n, A), "int32")
        for i in range(n):
            for j in range(A):
                legal = np.flatnonzero(b["avail_u"][i, j])
                greedy[i, j] = legal[values[i, j, legal].argmax()]
        return losses(b, q_evals, greedy)

    def candidate(b):
        q_evals = tf.tensordot(b["o"], agent, 1)
        argmax_u = tf.argmax(q_evals, axis=-1, output_type=tf.int32)
        return losses(b, q_evals, argmax_u)

    return {"variables": [agent, mix, star], "batch": batch, "reference": reference, "candidate": candidate}
