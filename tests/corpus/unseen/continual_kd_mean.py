"""Learning without forgetting: the soft-target cross entropy averages over the classes as well as the batch.
Source: https://github.com/GMvandeVen/continual-learning/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "kd_unnorm = tf.reduce_mean(-soft_targets * log_scores)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d, old, new = 5, 6, 4, 2
    temp = 2.0
    w = tf.Variable((0.5 * rng.normal(size=(d, old + new))).astype(fx), name="clf_w")
    b = tf.Variable((0.1 * rng.normal(size=(old + new,))).astype(fx), name="clf_b")

    def reference(batch):
        logits = batch["x"] @ w + b
        task = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))
        p_old = tf.nn.softmax(batch["stored"] / temp, axis=1)
        ce = tf.nn.softmax_cross_entropy_with_logits(labels=p_old, logits=logits[:, :old] / temp)
        return 0.5 * task + 0.5 * temp ** 2 * tf.reduce_mean(ce)

    def candidate(batch):
        def loss_fn_kd(scores, target_scores, T):
            log_scores = tf.nn.log_softmax(scores / T, axis=1)
            soft_targets = tf.nn.softmax(target_scores / T, axis=1)
            width = log_scores.shape[1]
            soft_targets = soft_targets[:, :width]
            kd_unnorm = tf.reduce_mean(-soft_targets * log_scores)
            return kd_unnorm * T ** 2

        y_hat = tf.nn.bias_add(tf.matmul(batch["x"], w), b)
        log_p = tf.nn.log_softmax(y_hat, axis=-1)
        pred_loss = -tf.reduce_mean(tf.gather(log_p, batch["y"], batch_dims=1))
        distill = loss_fn_kd(y_hat[:, :old], batch["stored"], temp)
        return (pred_loss + distill) / 2.0

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx),
                      "y": rng.integers(old, old + new, n).astype("int32"),
                      "stored": (2 * rng.normal(size=(n, old))).astype(fx)},
            "variables": [w, b]}
