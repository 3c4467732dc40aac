"""Mean teacher: it is feared that gradients reach the student through the EMA teacher; the teacher's weights are values
of earlier steps, so none do. Source: https://github.com/CuriousAI/mean-teacher/issues/29"""
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
    n, d, hid, cls = 6, 4, 5, 3
    decay, weight = 0.9, 2.0
    w1 = tf.Variable(rng.normal(size=(d, hid)).astype(fx), name="w1")
    w2 = tf.Variable(rng.normal(size=(hid, cls)).astype(fx), name="w2")

    def reference(batch):
        t1 = decay * batch["ema_w1"] + (1 - decay) * tf.stop_gradient(w1)
        t2 = decay * batch["ema_w2"] + (1 - decay) * tf.stop_gradient(w2)
        logits = tf.tanh((batch["x"] + batch["student_noise"]) @ w1) @ w2
        teacher = tf.nn.softmax(tf.tanh((batch["x"] + batch["teacher_noise"]) @ t1) @ t2)
        cost = tf.reduce_sum((tf.nn.softmax(logits) - teacher) ** 2) / (n * cls)
        ce = 0.0
        for i in range(n):
            lp = tf.nn.log_softmax(logits[i])
            known = batch["label"][i] >= 0
            ce -= tf.where(known, lp[tf.maximum(batch["label"][i], 0)], tf.zeros((), fx))
        return ce / n + weight * cost

    def candidate(batch):
        def forward(x, weights):
            return tf.matmul(tf.tanh(tf.matmul(x, weights[0])), weights[1])

        ema = [
            prev + (1.0 - decay) * (tf.stop_gradient(cur) - prev)
            for prev, cur in zip((batch["ema_w1"], batch["ema_w2"]), (w1, w2))
        ]
        student_logits = forward(batch["x"] + batch["student_noise"], (w1, w2))
        teacher_logits = forward(batch["x"] + batch["teacher_noise"], ema)
        labeled = tf.not_equal(batch["label"], -1)
        safe = tf.where(labeled, batch["label"], tf.zeros_like(batch["label"]))
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=safe, logits=student_logits)
        class_cost = tf.reduce_mean(tf.where(labeled, ce, tf.zeros_like(ce)))
        diff = tf.nn.softmax(student_logits) - tf.nn.softmax(teacher_logits)
        cons_cost = tf.reduce_mean(tf.reduce_mean(tf.square(diff), axis=-1))
        return class_cost + weight * cons_cost

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "x": rng.normal(size=(n, d)).astype(fx),
            "student_noise": 0.3 * rng.normal(size=(n, d)).astype(fx),
            "teacher_noise": 0.3 * rng.normal(size=(n, d)).astype(fx),
            "label": np.array([0, -1, 2, -1, 1, -1]).astype("int32"),
            "ema_w1": rng.normal(size=(d, hid)).astype(fx),
            "ema_w2": rng.normal(size=(hid, cls)).astype(fx),
        },
        "variables": [w1, w2],
    }
