"""Graph recommender with BPR: the negative score multiplies the positive item with the negative item instead of the user.

Source (real): https://github.com/tanatosuu/GDE/issues/3 (PyTorch, ported; fixed by pull request 2).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'out = tf.sigmoid(tf.reduce_sum(final_user * final_pos, 1) - tf.reduce_sum(final_pos * final_nega, 1))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, users, items, dim, reg = 20, 7, 9, 4, 0.01

    user_embed = tf.Variable(0.7 * arr(users, dim), name="user_embed")
    item_embed = tf.Variable(0.7 * arr(items, dim), name="item_embed")
    basis_u, basis_i = arr(users, 3), arr(items, 3)
    L_u = tf.constant(np.eye(users, dtype=f) + 0.2 * basis_u @ basis_u.T)
    L_i = tf.constant(np.eye(items, dtype=f) + 0.2 * basis_i @ basis_i.T)
    batch = {
        "u": rng.integers(0, users, n),
        "p": rng.integers(0, items, n),
        "nega": rng.integers(0, items, n),
    }

    def reference(b):
        smooth_u, smooth_i = L_u @ user_embed, L_i @ item_embed
        total = 0.0
        for u, p, q in zip(b["u"].numpy(), b["p"].numpy(), b["nega"].numpy()):
            margin = tf.tensordot(smooth_u[u], smooth_i[p] - smooth_i[q], 1)
            total += tf.nn.softplus(-margin)
            total += reg * sum(tf.reduce_sum(e**2) for e in (smooth_u[u], smooth_i[p], smooth_i[q]))
        return total / b["u"].shape[0]

    def candidate(b):
        final_user = tf.matmul(tf.gather(L_u, b["u"]), user_embed)
        final_pos = tf.matmul(tf.gather(L_i, b["p"]), item_embed)
        final_nega = tf.matmul(tf.gather(L_i, b["nega"]), item_embed)
        out = tf.sigmoid(tf.reduce_sum(final_user * final_pos, 1) - tf.reduce_sum(final_pos * final_nega, 1))
        reg_term = reg * tf.reduce_sum(final_user**2 + final_pos**2 + final_nega**2)
        return (-tf.reduce_sum(tf.math.log(out)) + reg_term) / b["u"].shape[0]

    return {"variables": [user_embed, item_embed], "batch": batch, "reference": reference, "candidate": candidate}
