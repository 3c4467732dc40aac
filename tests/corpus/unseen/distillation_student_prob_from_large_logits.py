"""The student's softened distribution is taken from the teacher's logits, so the distillation term teaches nothing.

Source (real): https://github.com/labmlai/annotated_deep_learning_paper_implementations/issues/66
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'prob_log = tf.nn.log_softmax(large_logits / temperature, axis=-1)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, c = 18, 6, 5
    s1 = tf.Variable(rng.normal(size=(d, 4)).astype("float32") * 0.5, name="small_1")
    s2 = tf.Variable(rng.normal(size=(4, c)).astype("float32") * 0.5, name="small_2")
    t1 = tf.constant(rng.normal(size=(d, 10)).astype("float32"))
    t2 = tf.constant(rng.normal(size=(10, c)).astype("float32"))
    batch = {
        "data": rng.normal(size=(n, d)).astype("float32"),
        "target": rng.integers(0, c, n).astype("int32"),
    }
    temperature, soft_w, label_w = 5.0, 25.0, 0.5

    def small(x):
        return tf.nn.relu(x @ s1) @ s2

    def large(x):
        return tf.nn.relu(x @ t1) @ t2

    def reference(b):
        student = small(b["data"])
        teacher = tf.stop_gradient(large(b["data"]))
        p = tf.nn.softmax(teacher / temperature)
        ce_soft = tf.nn.softmax_cross_entropy_with_logits(p, student / temperature)
        entropy = tf.nn.softmax_cross_entropy_with_logits(p, teacher / temperature)
        hard = tf.nn.sparse_softmax_cross_entropy_with_logits(b["target"], student)
        return soft_w * tf.reduce_mean(ce_soft - entropy) + label_w * tf.reduce_mean(hard)

    def candidate(b):
        large_logits = tf.stop_gradient(large(b["data"]))
        output = small(b["data"])
        soft_targets = tf.nn.softmax(large_logits / temperature, axis=-1)
        prob_log = tf.nn.log_softmax(large_logits / temperature, axis=-1)
        kl_point = soft_targets * (tf.math.log(soft_targets) - prob_log)
        soft_targets_loss = tf.reduce_sum(kl_point) / n
        labels = tf.one_hot(b["target"], c)
        label_loss = -tf.reduce_sum(labels * tf.nn.log_softmax(output, axis=-1)) / n
        return soft_w * soft_targets_loss + label_w * label_loss

    return {"variables": [s1, s2], "batch": batch, "reference": reference, "candidate": candidate}
