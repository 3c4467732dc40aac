"""The old model gives softmax, the new one log-softmax in the KL distillation; asked whether
that is wrong. It is how kl_div wants its arguments. Source: https://github.com/kjaved0/incremental-learning/issues/5"""
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

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, old, new, T, alpha = 6, 5, 3, 5, 2.0, 0.4
    w = var("w", d, new)
    b = var("b", new)
    x = rng.standard_normal((n, d)).astype(fx)
    prev = (2 * rng.standard_normal((n, old))).astype(fx)
    y = rng.integers(0, new, n).astype("int32")

    def reference(batch):
        logits = tf.matmul(batch["x"], w) + b
        ce, kd = 0.0, 0.0
        for i in range(n):
            ce -= tf.nn.log_softmax(logits[i])[batch["y"][i]]
            p = tf.nn.softmax(batch["prev"][i] / T)
            q = tf.nn.softmax(logits[i, :old] / T)
            for c in range(old):
                kd += p[c] * (tf.math.log(p[c]) - tf.math.log(q[c]))
        return (1 - alpha) * ce / n + alpha * T * T * kd / n

    def candidate(batch):
        output = tf.matmul(batch["x"], w) + b
        log_student = tf.nn.log_softmax(output[:, :old] / T, axis=1)
        teacher = tf.nn.softmax(batch["prev"] / T, axis=1)
        kl_div = teacher * (tf.math.log(teacher) - log_student)
        distill = tf.reduce_sum(kl_div) / n * (T * T)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=output)
        return alpha * distill + (1 - alpha) * tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "prev": prev, "y": y}, "variables": [w, b]}
