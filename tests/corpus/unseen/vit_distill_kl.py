"""Thread: somebody asks why the teacher side of F.kl_div has softmax rather than log_softmax; that is what kl_div expects.
Source: https://github.com/lucidrains/vit-pytorch/issues/289"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, c, T, alpha = 6, 5, 4, 3.0, 0.6
    cls_head = tf.Variable(rng.normal(size=(d, c)).astype(fx), name="mlp_head")
    dist_head = tf.Variable(rng.normal(size=(d, c)).astype(fx), name="distill_mlp")

    def reference(batch):
        ls = tf.nn.log_softmax(batch["dist_tok"] @ dist_head / T)
        lt = tf.nn.log_softmax(batch["teacher"] / T)
        kl = 0.0
        for i in range(n):
            kl += tf.reduce_sum(tf.exp(lt[i]) * (lt[i] - ls[i]))
        onehot = tf.one_hot(batch["y"], c, dtype=ls.dtype)
        ce = tf.reduce_sum(onehot * tf.nn.log_softmax(batch["cls_tok"] @ cls_head)) / -n
        return ce * (1 - alpha) + alpha * T**2 * kl / n

    def candidate(batch):
        def kl_div(log_input, target):
            pointwise = tf.math.xlogy(target, target) - target * log_input
            return tf.reduce_sum(pointwise) / n

        student_logits = tf.matmul(batch["cls_tok"], cls_head)
        distill_logits = tf.matmul(batch["dist_tok"], dist_head)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=student_logits))
        distill_loss = kl_div(tf.nn.log_softmax(distill_logits / T, axis=-1),
                              tf.stop_gradient(tf.nn.softmax(batch["teacher"] / T, axis=-1)))
        distill_loss *= T**2
        return loss * (1 - alpha) + distill_loss * alpha

    return {"reference": reference, "candidate": candidate,
            "batch": {"cls_tok": rng.normal(size=(n, d)).astype(fx), "dist_tok": rng.normal(size=(n, d)).astype(fx),
                      "teacher": rng.normal(size=(n, c)).astype(fx) * 3, "y": rng.integers(0, c, n)},
            "variables": [cls_head, dist_head]}
