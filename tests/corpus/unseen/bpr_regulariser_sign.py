"""BPR maximises the log posterior; the update adds the regularisation term instead of subtracting it, so the
embeddings are driven apart without bound. Source: https://github.com/alfredolainez/bpr-spark/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "posterior = tf.reduce_sum(log_likelihood) + lambda_reg * penalty",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, users, items, k, lambda_reg = 8, 5, 7, 4, 0.2
    f = keras.config.floatx()
    user_mat = tf.Variable(rng.standard_normal((users, k)).astype(f), name="user_mat")
    prod_mat = tf.Variable(rng.standard_normal((items, k)).astype(f), name="prod_mat")

    def reference(batch):
        loss = 0.0
        for s in range(n):
            u = user_mat[batch["user"][s]]
            i, j = prod_mat[batch["pos"][s]], prod_mat[batch["neg"][s]]
            x_uij = tf.reduce_sum(u * i) - tf.reduce_sum(u * j)
            l2 = tf.reduce_sum(u * u) + tf.reduce_sum(i * i) + tf.reduce_sum(j * j)
            loss += tf.nn.softplus(-x_uij) + lambda_reg * l2 / 2
        return loss / n

    def candidate(batch):
        u = tf.gather(user_mat, batch["user"])
        pos = tf.gather(prod_mat, batch["pos"])
        neg = tf.gather(prod_mat, batch["neg"])

        margin = tf.einsum("bk,bk->b", u, pos - neg)
        log_likelihood = tf.math.log_sigmoid(margin)
        penalty = tf.nn.l2_loss(u) + tf.nn.l2_loss(pos) + tf.nn.l2_loss(neg)
        posterior = tf.reduce_sum(log_likelihood) + lambda_reg * penalty
        return -posterior / n

    pos = rng.integers(0, items, n)
    return {"reference": reference, "candidate": candidate,
            "batch": {"user": rng.integers(0, users, n).astype("int32"), "pos": pos.astype("int32"),
                      "neg": ((pos + rng.integers(1, items, n)) % items).astype("int32")},
            "variables": [user_mat, prod_mat]}
