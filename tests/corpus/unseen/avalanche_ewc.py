"""EWC with growing heads: the 'current' parameter is sliced from the saved one, so that the penalty is always 0.
Source: https://github.com/ContinualAI/avalanche/issues/1099"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "cur_param = saved_param[:n_units]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d, h, old_units, units = 5, 4, 6, 3, 5
    body = tf.Variable((0.6 * rng.normal(size=(h, d))).astype(fx), name="body")
    head = tf.Variable((0.6 * rng.normal(size=(units, h))).astype(fx), name="head")
    ewc_lambda = 1.5

    def reference(batch):
        hid = tf.tanh(tf.matmul(batch["x"], body, transpose_b=True))
        logits = tf.matmul(hid, head, transpose_b=True)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        pen_body = tf.reduce_sum(batch["imp_body"] * (body - batch["saved_body"]) ** 2)
        pen_head = tf.reduce_sum(batch["imp_head"] * (head[:old_units] - batch["saved_head"]) ** 2)
        return tf.reduce_mean(ce) + ewc_lambda * (pen_body + pen_head)

    def candidate(batch):
        params = {"body": body, "head": head}
        out = tf.tanh(tf.einsum("nd,hd->nh", batch["x"], params["body"]))
        out = tf.einsum("nh,uh->nu", out, params["head"])
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=out))
        penalty = tf.zeros((), loss.dtype)
        for name, cur_param in params.items():
            saved_param = batch["saved_" + name]
            imp = batch["imp_" + name]
            n_units = saved_param.shape[0]
            cur_param = saved_param[:n_units]
            penalty += tf.reduce_sum(imp * tf.square(cur_param - saved_param))
        return loss + ewc_lambda * penalty

    def arr(*s):
        return rng.normal(size=s)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, d).astype(fx), "y": rng.integers(0, units, n).astype("int32"),
                      "saved_body": (0.6 * arr(h, d)).astype(fx), "saved_head": (0.6 * arr(old_units, h)).astype(fx),
                      "imp_body": (arr(h, d) ** 2).astype(fx), "imp_head": (arr(old_units, h) ** 2).astype(fx)},
            "variables": [body, head]}
