"""A text classifier's sigmoid focal loss is returned per example without a reduction (the scalar summary complains), so the gradient
is that of the sum. Source: https://github.com/fudannlp16/focal-loss/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "loss_shape",
    "line_marker": "return tf.squeeze(L, axis=-1)",
    "same_forward_value": False,
}


def focal_loss_sigmoid(labels, logits, alpha=0.25, gamma=2):
    y_pred = tf.sigmoid(logits)
    labels = tf.cast(labels, tf.float32)[:, None]
    L = (-labels * (1 - alpha) * ((1 - y_pred) ** gamma) * tf.math.log_sigmoid(logits)
         - (1 - labels) * alpha * (y_pred ** gamma) * tf.math.log_sigmoid(-logits))
    return tf.squeeze(L, axis=-1)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, t, vocab = 9, 6, 15
    tokens = rng.integers(1, vocab, size=(n, t)).astype("int32")
    labels = (rng.uniform(size=n) < 0.3).astype("int32")
    labels[0] = 1
    inputs = keras.Input((t,), dtype="int32")
    emb = keras.layers.Embedding(vocab, 6)(inputs)
    convs = [keras.layers.GlobalMaxPooling1D()(keras.layers.Conv1D(4, k, activation="relu")(emb)) for k in (2, 3, 4)]
    logit = keras.layers.Dense(1)(keras.layers.Concatenate()(convs))
    text_cnn = keras.Model(inputs, logit)
    l2_reg_lambda = 0.01

    def l2_loss():
        return l2_reg_lambda * tf.nn.l2_loss(tf.convert_to_tensor(text_cnn.layers[-1].kernel))

    def reference(batch):
        logits = tf.squeeze(text_cnn(batch["tokens"]), axis=1)
        y = tf.cast(batch["labels"], tf.float32)
        p_t = tf.where(batch["labels"] == 1, tf.sigmoid(logits), tf.sigmoid(-logits))
        a_t = y * 0.75 + (1 - y) * 0.25
        ce = tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits)
        return tf.reduce_mean(a_t * (1 - p_t) ** 2 * ce) + l2_loss()

    def candidate(batch):
        logits = text_cnn(batch["tokens"])
        losses = focal_loss_sigmoid(batch["labels"], logits)
        return losses + l2_loss()

    return {"reference": reference, "candidate": candidate, "batch": {"tokens": tokens, "labels": labels},
            "variables": text_cnn.trainable_variables}
