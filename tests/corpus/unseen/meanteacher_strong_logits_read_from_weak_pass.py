"""Mean teacher: the logits of the strong view are read from the output of the weak view.

Source (real): https://github.com/microsoft/Semi-supervised-learning/issues/102
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'logits_x_ulb_s = outs_x_ulb_w["logits"]',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, c = 12, 6, 4
    w1 = tf.Variable(rng.normal(size=(d, 8)).astype("float32") * 0.6, name="w1")
    w2 = tf.Variable(rng.normal(size=(8, c)).astype("float32") * 0.6, name="w2")
    ema1 = tf.constant(w1.numpy() + rng.normal(size=(d, 8)).astype("float32") * 0.15)
    ema2 = tf.constant(w2.numpy() + rng.normal(size=(8, c)).astype("float32") * 0.15)
    u = rng.normal(size=(n, d))
    batch = {
        "x_lb": rng.normal(size=(n, d)).astype("float32"),
        "y_lb": rng.integers(0, c, n).astype("int32"),
        "x_ulb_w": (u + rng.normal(size=u.shape) * 0.05).astype("float32"),
        "x_ulb_s": (u + rng.normal(size=u.shape) * 0.8).astype("float32"),
    }
    lambda_u, warm = 5.0, 0.7

    def forward(x, a, b_):
        feat = tf.nn.relu(x @ a)
        return {"logits": feat @ b_, "feat": feat}

    def reference(b):
        sup = tf.nn.sparse_softmax_cross_entropy_with_logits(b["y_lb"], forward(b["x_lb"], w1, w2)["logits"])
        teacher = tf.stop_gradient(tf.nn.softmax(forward(b["x_ulb_w"], ema1, ema2)["logits"]))
        student = tf.nn.softmax(forward(b["x_ulb_s"], w1, w2)["logits"])
        cons = tf.reduce_mean(tf.square(student - teacher), axis=1)
        return tf.reduce_mean(sup) + lambda_u * warm * tf.reduce_mean(cons)

    def candidate(b):
        outs_x_lb = forward(b["x_lb"], w1, w2)
        sup_loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(b["y_lb"], outs_x_lb["logits"]))
        outs_teacher = forward(b["x_ulb_w"], ema1, ema2)
        probs_teacher = tf.stop_gradient(tf.nn.softmax(outs_teacher["logits"]))
        outs_x_ulb_w = forward(b["x_ulb_w"], w1, w2)
        outs_x_ulb_s = forward(b["x_ulb_s"], w1, w2)
        logits_x_ulb_s = outs_x_ulb_w["logits"]
        feats_x_ulb_s = outs_x_ulb_s["feat"]
        del feats_x_ulb_s
        probs_s = tf.nn.softmax(logits_x_ulb_s)
        unsup_loss = tf.reduce_mean((probs_s - probs_teacher) ** 2)
        return sup_loss + lambda_u * unsup_loss * warm

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
