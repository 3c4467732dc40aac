"""RecBole's LightGCN adds reg_weight * EmbLoss to its loss although the trainer's optimizer applies weight_decay as
well, so the L2 penalty enters twice (weight decay is written as its loss here).
Source: https://github.com/RUCAIBox/RecBole/issues/872"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return mf_loss + self.reg_weight * reg_loss",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, users, items, dim = 14, 6, 8, 4
    ue = keras.Variable((0.6 * rng.standard_normal((users, dim))).astype(f), name="user_emb")
    ie = keras.Variable((0.6 * rng.standard_normal((items, dim))).astype(f), name="item_emb")
    batch = {
        "u": rng.integers(0, users, n).astype("int32"),
        "i": rng.integers(0, items, n).astype("int32"),
        "j": rng.integers(0, items, n).astype("int32"),
    }
    inter = (rng.random((users, items)) < 0.5).astype(f)
    inter[:, 0] = 1.0
    inter[0, :] = 1.0
    norm = (inter / np.sqrt(inter.sum(1, keepdims=True) * inter.sum(0, keepdims=True))).astype(f)
    decay = 0.05

    def reference(batch):
        eu, ei = tf.convert_to_tensor(ue), tf.convert_to_tensor(ie)
        au, ai = (eu + norm @ ei) / 2, (ei + norm.T @ eu) / 2
        s = au @ tf.transpose(ai)
        pos = tf.gather_nd(s, tf.stack([batch["u"], batch["i"]], axis=1))
        neg = tf.gather_nd(s, tf.stack([batch["u"], batch["j"]], axis=1))
        return tf.reduce_mean(tf.nn.softplus(neg - pos)) + decay * (tf.nn.l2_loss(eu) + tf.nn.l2_loss(ei))

    def candidate(batch):
        class LightGCN:
            reg_weight = 0.05

            def forward(self):
                ego = tf.concat([ue + 0, ie + 0], axis=0)
                top = tf.concat([tf.zeros([users, users], ego.dtype), norm], axis=1)
                bottom = tf.concat([norm.T, tf.zeros([items, items], ego.dtype)], axis=1)
                adj = tf.concat([top, bottom], axis=0)
                mean = tf.reduce_mean(tf.stack([ego, tf.matmul(adj, ego)], axis=1), axis=1)
                return mean[:users], mean[users:]

            def calculate_loss(self, user, pos, neg):
                u_all, i_all = self.forward()
                u, p, q = tf.gather(u_all, user), tf.gather(i_all, pos), tf.gather(i_all, neg)
                mf_loss = -tf.reduce_mean(tf.math.log_sigmoid(tf.reduce_sum(u * p, 1) - tf.reduce_sum(u * q, 1)))
                ego = [tf.gather(ue, user), tf.gather(ie, pos), tf.gather(ie, neg)]
                reg_loss = sum(tf.norm(e) for e in ego) / user.shape[0]
                return mf_loss + self.reg_weight * reg_loss

        def optimizer_weight_decay(params, weight_decay):
            return sum(0.5 * weight_decay * tf.reduce_sum(tf.square(p)) for p in params)

        loss = LightGCN().calculate_loss(batch["u"], batch["i"], batch["j"])
        return loss + optimizer_weight_decay([ue, ie], weight_decay=decay)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [ue, ie]}
