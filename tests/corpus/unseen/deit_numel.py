"""The distillation KL is summed and divided by outputs_kd.numel(), i.e. batch times classes,
instead of the batch size. Source: https://github.com/facebookresearch/deit/issues/116"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'distillation_loss = tf.reduce_sum(kl) * (T * T) / tf.cast(tf.size(outputs_kd), kl.dtype)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, k, T, alpha = 6, 5, 7, 3.0, 0.5
    head = var("head", d, k)
    head_dist = var("head_dist", d, k)
    backbone = var("backbone", d, d)
    x = rng.standard_normal((n, d)).astype(fx)
    teacher = (2 * rng.standard_normal((n, k))).astype(fx)
    y = rng.integers(0, k, n).astype("int32")

    def forward(inputs):
        f = tf.nn.gelu(tf.matmul(inputs, backbone))
        return tf.matmul(f, head), tf.matmul(f, head_dist)

    def reference(batch):
        cls, dist = forward(batch["x"])
        base = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=cls))
        t_logp = tf.nn.log_softmax(batch["teacher"] / T)
        s_logp = tf.nn.log_softmax(dist / T)
        kl = tf.reduce_sum(tf.exp(t_logp) * (t_logp - s_logp), axis=1)
        return (1 - alpha) * base + alpha * T ** 2 * tf.reduce_mean(kl)

    def candidate(batch):
        outputs, outputs_kd = forward(batch["x"])
        base_loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=outputs))
        student = tf.nn.log_softmax(outputs_kd / T, axis=1)
        target = tf.nn.log_softmax(batch["teacher"] / T, axis=1)
        kl = tf.exp(target) * (target - student)
        distillation_loss = tf.reduce_sum(kl) * (T * T) / tf.cast(tf.size(outputs_kd), kl.dtype)
        return base_loss * (1 - alpha) + distillation_loss * alpha

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "teacher": teacher, "y": y}, "variables": [backbone, head, head_dist]}
