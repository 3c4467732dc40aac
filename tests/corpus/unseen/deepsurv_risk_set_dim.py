"""DeepSurv.pytorch: exp(risk) * mask is summed over the wrong dimension for the risk set and the loss can go negative.
Source: https://github.com/czifan/DeepSurv.pytorch/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'log_loss = tf.reduce_sum(log_loss, axis=1) / tf.reduce_sum(mask, axis=1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    n, d = 7, 4
    w1 = var("w1", d, 5)
    w2 = var("w2", 5, 1)

    def reference(batch):
        risk = (tf.nn.selu(batch["x"] @ w1) @ w2)[:, 0]
        total, events = 0.0, 0.0
        for i in range(n):
            at_risk = batch["time"] >= batch["time"][i]
            members = tf.boolean_mask(risk, at_risk)
            total += batch["event"][i] * (risk[i] - tf.math.log(tf.reduce_mean(tf.exp(members))))
            events += batch["event"][i]
        return -total / events + 1e-2 * tf.sqrt(tf.reduce_sum(w1 ** 2))

    def candidate(batch):
        risk_pred = tf.matmul(tf.nn.selu(tf.matmul(batch["x"], w1)), w2)
        y = tf.reshape(batch["time"], [-1, 1])
        e = tf.reshape(batch["event"], [-1, 1])
        mask = tf.ones([n, n], dtype=F)
        mask = tf.where((tf.transpose(y) - y) > 0, tf.zeros_like(mask), mask)
        log_loss = tf.exp(risk_pred) * mask
        log_loss = tf.reduce_sum(log_loss, axis=1) / tf.reduce_sum(mask, axis=1)
        log_loss = tf.reshape(tf.math.log(log_loss), [-1, 1])
        neg_log_loss = -tf.reduce_sum((risk_pred - log_loss) * e) / tf.reduce_sum(e)
        l2_loss = tf.norm(w1)
        return neg_log_loss + 1e-2 * l2_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, d), "time": rng.permutation(n).astype(F) + 1,
                      "event": np.array([1, 0, 1, 1, 0, 1, 1]).astype(F)},
            "variables": [w1, w2]}
