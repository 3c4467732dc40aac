"""Activation-boundary transfer: the condition that decides which neurons are pushed up looks at the
teacher map where the student map is meant. Source: https://github.com/sseung0703/KD_methods_with_TF/pull/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "below = tf.cast((target <= margin) & (target > 0.0), source.dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    b, hw, c = 3, 4, 5
    w1, w2 = var("block1", 6, c), var("block2", c, c)
    batch = {
        "x": rng.standard_normal((b, hw, hw, 6)).astype(fx),
        "teacher1": (1.5 * rng.standard_normal((b, hw, hw, c))).astype(fx),
        "teacher2": (1.5 * rng.standard_normal((b, hw, hw, c))).astype(fx),
        "margin": np.array(1.0, dtype=fx),
    }

    def student_maps(x):
        m1 = tf.einsum("bhwc,cd->bhwd", x, w1)
        return m1, tf.einsum("bhwc,cd->bhwd", tf.nn.relu(m1), w2)

    def reference(batch):
        mg = batch["margin"]
        total = 0.0
        for s, t in zip(student_maps(batch["x"]), (batch["teacher1"], batch["teacher2"])):
            active = t > 0
            push_down = tf.where(~active & (s > -mg), tf.square(s + mg), tf.zeros_like(s))
            push_up = tf.where(active & (s <= mg), tf.square(s - mg), tf.zeros_like(s))
            total += tf.reduce_mean(tf.reduce_sum(push_up + push_down, axis=[1, 2, 3]))
        return total / 1000.0

    def candidate(batch):
        margin = batch["margin"]

        def alternative_l2(source, target):
            above = tf.cast((source > -margin) & (target <= 0.0), source.dtype)
            below = tf.cast((target <= margin) & (target > 0.0), source.dtype)
            loss = tf.square(source + margin) * above + tf.square(source - margin) * below
            return tf.reduce_sum(loss) / tf.cast(tf.shape(source)[0], source.dtype)

        s1, s2 = student_maps(batch["x"])
        return (alternative_l2(s1, batch["teacher1"]) + alternative_l2(s2, batch["teacher2"])) / 1000.0

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w2]}
