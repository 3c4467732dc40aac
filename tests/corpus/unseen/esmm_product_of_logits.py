"""ESMM: the conversion head multiplies the two logits, where the model multiplies the two probabilities.

Source (real): https://github.com/yuangh-x/2022-NIPS-Tenrec/issues/37 (PyTorch, ported; with sigmoids the paper's AUC comes out).
Right answer: NOT equivalent to pCTCVR = pCTR * pCVR.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "pctcvr = task_outputs[0] * task_outputs[1]",
    "same_forward_value": False,
}


class Tower(keras.layers.Layer):
    def __init__(self, hidden, out):
        super().__init__()
        self.hidden, self.out = hidden, out

    def call(self, x):
        return tf.nn.relu(x @ self.hidden) @ self.out


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, users, items, emb, hid = 27, 8, 11, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    user_emb = tf.Variable(0.8 * arr(users, emb), name="user_emb")
    item_emb = tf.Variable(0.8 * arr(items, emb), name="item_emb")
    heads = [tf.Variable(0.6 * arr(*s), name=f"{task}_{part}")
             for task in ("ctr", "cvr") for part, s in (("hidden", (2 * emb, hid)), ("out", (hid, 1)))]
    towers = [Tower(*heads[:2]), Tower(*heads[2:])]
    click = rng.integers(0, 2, n)
    batch = {
        "user": rng.integers(0, users, n),
        "item": rng.integers(0, items, n),
        "click": click.astype(f),
        "like": (click * rng.integers(0, 2, n)).astype(f),
    }

    def shared(b):
        return tf.concat([tf.gather(user_emb, b["user"]), tf.gather(item_emb, b["item"])], axis=-1)

    def reference(b):
        x = shared(b)
        p_ctr, p_cvr = (tf.sigmoid(tower(x))[:, 0] for tower in towers)

        def bce(p, y):
            return -tf.reduce_mean(y * tf.math.log(p) + (1.0 - y) * tf.math.log(1.0 - p))

        return bce(p_ctr, b["click"]) + bce(p_ctr * p_cvr, b["click"] * b["like"])

    def candidate(b):
        x = shared(b)
        task_outputs = [tower(x) for tower in towers]
        pctcvr = task_outputs[0] * task_outputs[1]
        predict = [task_outputs[0], pctcvr]
        loss_function = tf.nn.sigmoid_cross_entropy_with_logits
        y1, y2 = b["click"][:, None], b["like"][:, None]
        loss_1 = tf.reduce_mean(loss_function(labels=y1, logits=predict[0]))
        loss_2 = tf.reduce_mean(loss_function(labels=y2, logits=predict[1]))
        return loss_1 + loss_2

    return {"variables": [user_emb, item_emb, *heads], "batch": batch, "reference": reference, "candidate": candidate}
