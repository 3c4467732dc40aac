"""The distillation loss of the book gives kl_div log-probabilities of the student and probabilities of the teacher; suspected wrong, it is right. Source: https://github.com/nlp-with-transformers/notebooks/issues/94"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, k = 5, 4, 6
    w = var("w", d, k)
    b = var("b", k)
    temperature, alpha = 2.0, 0.4

    def reference(batch):
        z = batch["x"] @ w + b
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=z)
        soft_ce = tf.nn.softmax_cross_entropy_with_logits(
            labels=tf.nn.softmax(batch["teacher"] / temperature), logits=z / temperature)
        return tf.reduce_mean(alpha * ce + (1.0 - alpha) * temperature ** 2 * soft_ce)

    def candidate(batch):
        def kl_div(log_input, target):
            pointwise = target * (tf.math.log(target) - log_input)
            return tf.reduce_sum(pointwise) / tf.cast(tf.shape(target)[0], target.dtype)

        logits_stu = tf.nn.bias_add(tf.matmul(batch["x"], w), b)
        logits_tea = batch["teacher"]
        loss_ce = -tf.reduce_mean(tf.gather(tf.nn.log_softmax(logits_stu), batch["y"], batch_dims=1))
        loss_kd = temperature ** 2 * kl_div(tf.nn.log_softmax(logits_stu / temperature, axis=-1),
                                            tf.nn.softmax(logits_tea / temperature, axis=-1))
        return alpha * loss_ce + (1.0 - alpha) * loss_kd

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(fx), "y": rng.integers(0, k, n),
                      "teacher": (2 * rng.standard_normal((n, k))).astype(fx)},
            "variables": [w, b]}
