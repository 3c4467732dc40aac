"""Tacotron 2: the stop token loss is masked beyond the length of the utterance, so that the frames at which the model
has to go on saying 'stop' count for nothing and it learns not to stop.
Source: https://github.com/coqui-ai/TTS/issues/1192"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss = tf.reduce_sum(bce * mask) / tf.reduce_sum(mask)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, steps, feat, hid, pos_weight = 14, 9, 4, 6, 5.0
    w_in, w_rec, w_out = var("w_in", feat, hid), var("w_rec", hid, hid), var("w_out", hid, 1)
    batch = {
        "frames": rng.standard_normal((n, steps, feat)).astype(f),
        "length": rng.integers(3, 8, n),
    }

    def reference(batch):
        h, total = tf.zeros([n, hid], f), 0.0
        for t in range(steps):
            h = tf.tanh(batch["frames"][:, t] @ w_in + h @ w_rec)
            p = tf.sigmoid((h @ w_out)[:, 0])
            stop = tf.cast(t >= batch["length"] - 1, f)
            total = total - tf.reduce_sum(pos_weight * stop * tf.math.log(p) + (1.0 - stop) * tf.math.log(1.0 - p))
        return total / (n * steps)

    def candidate(batch):
        def sequence_mask(lengths, maxlen):
            return tf.cast(tf.range(maxlen)[None, :] < tf.cast(lengths, tf.int32)[:, None], f)

        state, logits = tf.zeros([n, hid], f), []
        for frame in tf.unstack(batch["frames"], axis=1):
            state = tf.tanh(tf.matmul(frame, w_in) + tf.matmul(state, w_rec))
            logits.append(tf.matmul(state, w_out))
        stop_logits = tf.concat(logits, axis=1)
        target = 1.0 - sequence_mask(batch["length"] - 1, steps)
        bce = tf.nn.weighted_cross_entropy_with_logits(labels=target, logits=stop_logits, pos_weight=pos_weight)
        mask = sequence_mask(batch["length"], steps)
        loss = tf.reduce_sum(bce * mask) / tf.reduce_sum(mask)
        return loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w_in, w_rec, w_out]}
