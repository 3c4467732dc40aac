"""SGL-Torch: logsumexp without a minus sign was suspected; forward() already returns the negatives minus the positive.
Source: https://github.com/wujcan/SGL-Torch/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()
    users, d, n, temp = 6, 4, 3, 0.3
    table = tf.Variable(rng.normal(size=(users, d)).astype(F), name="users")
    proj = tf.Variable(rng.normal(size=(d, d)).astype(F), name="proj")

    def reference(batch):
        x = table @ proj
        a = tf.math.l2_normalize(batch["adj1"] @ x, axis=1)
        b = tf.math.l2_normalize(batch["adj2"] @ x, axis=1)
        total = 0.0
        for k in range(n):
            i = batch["ids"][k]
            p = tf.nn.softmax(tf.linalg.matvec(b, a[i]) / temp)
            total -= tf.math.log(p[i])
        return total

    def candidate(batch):
        def view(adj):
            return tf.math.l2_normalize(tf.matmul(adj, tf.matmul(table, proj)), axis=1)

        def forward():
            emb1, emb2 = view(batch["adj1"]), view(batch["adj2"])
            user_embs1 = tf.gather(emb1, batch["ids"])
            user_embs2 = tf.gather(emb2, batch["ids"])
            ssl_pos = tf.reduce_sum(user_embs1 * user_embs2, axis=-1)
            ssl_tot = tf.matmul(user_embs1, emb2, transpose_b=True)
            return ssl_tot - ssl_pos[:, None]

        clogits = tf.reduce_logsumexp(forward() / temp, axis=1)
        infonce_loss = tf.reduce_sum(clogits)
        return infonce_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"adj1": rng.random((users, users)).astype(F), "adj2": rng.random((users, users)).astype(F),
                      "ids": rng.choice(users, n, replace=False)},
            "variables": [table, proj]}
