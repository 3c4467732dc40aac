"""The class weights are cast to int64 on their way into the sample weights; weights below one become zero.

Source (real): https://github.com/tensorflow/tensorflow/issues/37747
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": 'class_weight_tensor = tf.constant([int(class_weight[c]) for c in class_ids], dtype=tf.int64)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, c = 18, 6, 4
    hidden = tf.keras.layers.Dense(7, activation="relu", name="hidden")
    logit_layer = tf.keras.layers.Dense(c, use_bias=False, name="logits")
    hidden.build((None, d))
    logit_layer.build((None, 7))
    for layer in (hidden, logit_layer):
        layer.set_weights([(rng.normal(size=w.shape) * 0.5).astype("float32") for w in layer.get_weights()])
    k1, b1 = (v.value for v in hidden.trainable_variables)
    k2 = logit_layer.kernel.value
    y = rng.integers(0, c, n)
    y[:c] = np.arange(c)
    batch = {"x": rng.normal(size=(n, d)).astype("float32"), "y": y.astype("int32")}
    class_weight = {0: 0.4, 1: 1.0, 2: 1.8, 3: 2.6}

    def model(x):
        return logit_layer(hidden(x))

    def reference(b):
        logits = model(b["x"])
        total = 0.0
        for c_, w_ in class_weight.items():
            members = tf.where(b["y"] == c_)[:, 0]
            lp = tf.nn.log_softmax(tf.gather(logits, members))[:, c_]
            total -= w_ * tf.reduce_sum(lp)
        return total / n + 1e-3 * (tf.nn.l2_loss(k1) + tf.nn.l2_loss(k2))

    def make_class_weight_map(y_true):
        class_ids = sorted(class_weight)
        class_weight_tensor = tf.constant([int(class_weight[c]) for c in class_ids], dtype=tf.int64)
        return tf.gather(class_weight_tensor, y_true)

    def candidate(b):
        y_pred = model(b["x"])
        sw = tf.cast(make_class_weight_map(b["y"]), y_pred.dtype)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(b["y"], y_pred)
        data_loss = tf.reduce_sum(losses * sw) / n
        l2 = 1e-3 * tf.add_n([tf.nn.l2_loss(k1), tf.nn.l2_loss(k2)])
        return data_loss + l2

    return {"variables": [k1, b1, k2], "batch": batch, "reference": reference, "candidate": candidate}
