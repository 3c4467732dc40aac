"""Distillation KL on pseudo labels is averaged over all positions, although positions with label -100 should be
left out as in the CE term. Source: https://github.com/jxiw/MambaInLlama/issues/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "kl_loss = tf.reduce_mean(kl)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, v, d = 3, 6, 7, 5
    emb = keras.layers.Embedding(v, d, embeddings_initializer="glorot_normal")
    emb.build()
    head = keras.layers.Dense(v, name="head", kernel_initializer=keras.initializers.RandomNormal(stddev=1.0))
    head.build((None, None, d))

    def reference(batch):
        logits = head(tf.tanh(tf.cumsum(emb(batch["input_ids"]), axis=1)))
        rows = tf.where(batch["labels"] != -100)
        y = tf.gather_nd(batch["labels"], rows)
        s = tf.nn.log_softmax(tf.gather_nd(logits, rows))
        p = tf.nn.softmax(tf.gather_nd(batch["teacher_logits"], rows))
        ce = -tf.reduce_mean(tf.gather(s, y, batch_dims=1))
        kl = tf.reduce_mean(tf.reduce_sum(p * (tf.math.log(p) - s), axis=-1))
        return 0.5 * ce + kl

    def candidate(batch):
        states = tf.tanh(tf.cumsum(emb(batch["input_ids"]), axis=1))
        student_logits = head(states)
        targets = tf.nn.softmax(batch["teacher_logits"], axis=-1)
        log_q = tf.nn.log_softmax(student_logits, axis=-1)
        keep = tf.cast(batch["labels"] != -100, log_q.dtype)
        safe = tf.maximum(batch["labels"], 0)
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=safe, logits=student_logits)
        ce_loss = tf.reduce_sum(nll * keep) / tf.reduce_sum(keep)
        kl = tf.reduce_sum(targets * (tf.math.log(targets) - log_q), axis=-1)
        kl_loss = tf.reduce_mean(kl)
        return 0.5 * ce_loss + kl_loss

    labels = rng.integers(0, v, (b, t))
    labels[:, :2] = -100
    labels[1, 4:] = -100
    return {"reference": reference, "candidate": candidate,
            "batch": {"input_ids": rng.integers(0, v, (b, t)).astype("int32"), "labels": labels.astype("int32"),
                      "teacher_logits": (2 * rng.standard_normal((b, t, v))).astype(fx)},
            "variables": [emb.embeddings] + head.trainable_variables}
