"""Thread: with the self distiller and channel-wise distillation the teacher's tensor comes from the same network and is not detached.
Source: https://github.com/open-mmlab/mmrazor/pull/100"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "softmax_pred_t = tf.nn.softmax(flatten(preds_t) / tau, axis=1)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, h, c, k, tau, weight = 3, 4, 3, 2, 2.0, 5.0
    stem = tf.Variable(rng.normal(size=(3, 3, 1, c)).astype(fx), name="stem")
    deep = tf.Variable(rng.normal(size=(3, 3, c, c)).astype(fx) * 0.6, name="deep")
    early = tf.Variable(rng.normal(size=(1, 1, c, c)).astype(fx), name="early_exit")
    head = tf.Variable(rng.normal(size=(c, k)).astype(fx), name="head")

    def reference(batch):
        s = tf.nn.relu(tf.nn.conv2d(batch["img"], stem, 1, "SAME"))
        t_map = tf.nn.conv2d(s, deep, 1, "SAME")
        s_map = tf.nn.conv2d(s, early, 1, "SAME")
        logits = tf.reduce_mean(tf.nn.relu(t_map), axis=(1, 2)) @ head
        ce = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))
        kd = 0.0
        for ch in range(c):
            lt = tf.nn.log_softmax(tf.stop_gradient(tf.reshape(t_map[..., ch], (n, -1))) / tau)
            ls = tf.nn.log_softmax(tf.reshape(s_map[..., ch], (n, -1)) / tau)
            kd += tf.reduce_sum(tf.exp(lt) * (lt - ls))
        return ce + weight * tau**2 * kd / (c * n)

    def candidate(batch):
        def flatten(x):
            return tf.reshape(x, (n, h * h, c))

        feat = tf.nn.relu(tf.nn.conv2d(batch["img"], stem, strides=1, padding="SAME"))
        preds_s = tf.nn.conv2d(feat, early, strides=1, padding="SAME")
        preds_t = tf.nn.conv2d(feat, deep, strides=1, padding="SAME")

        pooled = tf.reduce_mean(tf.nn.relu(preds_t), axis=(1, 2))
        task = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=tf.matmul(pooled, head))

        softmax_pred_t = tf.nn.softmax(flatten(preds_t) / tau, axis=1)
        logsoftmax_s = tf.nn.log_softmax(flatten(preds_s) / tau, axis=1)
        entropy_part = softmax_pred_t * tf.math.log(softmax_pred_t)
        loss = tf.reduce_sum(entropy_part - softmax_pred_t * logsoftmax_s) * tau**2
        return tf.reduce_mean(task) + weight * loss / (c * n)

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": rng.normal(size=(n, h, h, 1)).astype(fx), "y": rng.integers(0, k, n)},
            "variables": [stem, deep, early, head]}
