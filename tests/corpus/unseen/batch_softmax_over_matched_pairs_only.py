"""The corrected batch softmax takes row-wise products x_i.y_i, so its denominator runs over the matched pairs and not over all candidates of one query.

Source (real): https://github.com/LongmaoTeamTf/deep_recommenders/issues/4
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'inner = tf.reduce_sum(x * y, axis=-1) / temperature',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, users, items, d = 10, 8, 12, 5
    mk = lambda name, *s: tf.Variable((0.8 * rng.normal(size=s)).astype(np.float32), name=name)
    user_table, item_table, w_user, w_item = mk("user_table", users, d), mk("item_table", items, d), mk("w_user", d, 4), mk("w_item", d, 4)
    batch = {
        "user": rng.integers(0, users, size=n).astype(np.int32),
        "item": rng.permutation(items)[:n].astype(np.int32),
        "reward": rng.uniform(0.2, 1.0, size=n).astype(np.float32),
        "sampling_p": rng.uniform(0.02, 0.3, size=n).astype(np.float32),
    }
    temperature = 0.4

    def towers(b):
        x = tf.nn.l2_normalize(tf.gather(user_table, b["user"]) @ w_user, axis=-1)
        y = tf.nn.l2_normalize(tf.gather(item_table, b["item"]) @ w_item, axis=-1)
        return x, y

    def reward_cross_entropy(reward, p):
        return -tf.reduce_mean(reward * tf.math.log(p + 1e-12))

    def reference(b):
        x, y = towers(b)
        probs = []
        for i in range(n):
            s = tf.linalg.matvec(y, x[i]) / temperature - tf.math.log(b["sampling_p"])
            probs.append(tf.nn.softmax(s)[i])
        return reward_cross_entropy(b["reward"], tf.stack(probs))

    def candidate(b):
        x, y = towers(b)
        inner = tf.reduce_sum(x * y, axis=-1) / temperature
        corrected = inner - tf.math.log(b["sampling_p"])
        exp = tf.exp(corrected)
        p = exp / tf.reduce_sum(exp)
        return reward_cross_entropy(b["reward"], p)

    return {"variables": [user_table, item_table, w_user, w_item], "batch": batch, "reference": reference, "candidate": candidate}
