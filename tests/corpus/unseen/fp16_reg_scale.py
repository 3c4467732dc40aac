"""Mixed precision: the regulariser is left out of the loss scaling, so unscaling all but removes it.
Source: https://github.com/NVIDIA/OpenSeq2Seq/pull/127"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "scaled_loss = data_loss * batch['loss_scale'] + reg_loss",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, d, hid, cls = 6, 5, 6, 4
    w1, w2, b2 = var("w1", d, hid), var("w2", hid, cls), var("b2", cls)

    def reference(batch):
        logits = tf.nn.relu(batch["x"] @ w1) @ w2 + b2
        ce = keras.losses.sparse_categorical_crossentropy(batch["y"], logits, from_logits=True)
        decay = sum(0.5 * tf.reduce_sum(w ** 2) for w in (w1, w2))
        return tf.reduce_mean(ce) + batch["decay"] * decay

    def candidate(batch):
        hidden = tf.nn.relu(tf.matmul(batch["x"], w1))
        logits = tf.nn.bias_add(tf.matmul(hidden, w2), b2)
        per_example = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        data_loss = tf.reduce_mean(per_example)
        reg_loss = batch["decay"] * tf.add_n([tf.nn.l2_loss(w1), tf.nn.l2_loss(w2)])
        scaled_loss = data_loss * batch['loss_scale'] + reg_loss
        unscaled = scaled_loss / batch["loss_scale"]
        return unscaled

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, d), "y": rng.integers(0, cls, n), "decay": np.asarray(0.05, f),
                      "loss_scale": np.asarray(512.0, f)},
            "variables": [w1, w2, b2]}
