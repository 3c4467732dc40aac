"""DICE: a reader asks what the mask in the second BPR loss is for and whether it is right; the author explains
the three terms. Source: https://github.com/tsinghua-fib-lab/DICE/issues/7"""
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
    fx = keras.config.floatx()
    B, U, I, D = 6, 4, 7, 3
    names = ["user_int", "user_pop", "item_int", "item_pop"]
    ui, up, ii, ip = [tf.Variable(rng.normal(0, 0.8, (U if "user" in k else I, D)).astype(fx), name=k) for k in names]

    def reference(batch):
        total = 0.0
        for k in range(B):
            u, p, n = int(batch["user"][k]), int(batch["pos"][k]), int(batch["neg"][k])
            d_int = tf.reduce_sum(ui[u] * (ii[p] - ii[n]))
            d_pop = tf.reduce_sum(up[u] * (ip[p] - ip[n]))
            if bool(batch["mask"][k]):
                total += 0.1 * tf.nn.softplus(-d_int) + 0.1 * tf.nn.softplus(d_pop)
            else:
                total += 0.1 * tf.nn.softplus(-d_pop)
            total += tf.nn.softplus(-(d_int + d_pop))
        return total / B

    def candidate(batch):
        def score(users, items, key):
            return tf.reduce_sum(tf.gather(users, batch["user"]) * tf.gather(items, batch[key]), axis=-1)

        def bpr_loss(p, n):
            return -tf.reduce_mean(tf.math.log_sigmoid(p - n))

        def mask_bpr_loss(p, n, m):
            return -tf.reduce_mean(tf.cast(m, p.dtype) * tf.math.log_sigmoid(p - n))

        p_int, n_int = score(ui, ii, "pos"), score(ui, ii, "neg")
        p_pop, n_pop = score(up, ip, "pos"), score(up, ip, "neg")
        mask = batch["mask"]
        loss_int = mask_bpr_loss(p_int, n_int, mask)
        loss_pop = mask_bpr_loss(n_pop, p_pop, mask) + mask_bpr_loss(p_pop, n_pop, tf.logical_not(mask))
        loss_click = bpr_loss(p_int + p_pop, n_int + n_pop)
        return loss_click + 0.1 * (loss_int + loss_pop)

    return {"reference": reference, "candidate": candidate,
            "batch": {"user": rng.integers(0, U, B).astype("int32"), "pos": rng.integers(0, 3, B).astype("int32"),
                      "neg": rng.integers(3, I, B).astype("int32"), "mask": np.array([1, 0, 1, 1, 0, 0], bool)},
            "variables": [ui, up, ii, ip]}
