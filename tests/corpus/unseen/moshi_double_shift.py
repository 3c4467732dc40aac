"""The decoder shifts logits and labels, then hands both to a loss function that shifts again: position t
is scored against token t+2. Source: https://github.com/huggingface/transformers/issues/47388"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "return causal_lm_loss(logits[:, :-1], labels[:, 1:])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    b, t, v, d = 3, 8, 9, 6
    emb, w_mix, w_out = var("emb", v, d), var("w_mix", d, d), var("w_out", d, v)
    ids = rng.integers(0, v, (b, t)).astype("int32")
    labels_np = ids.copy()
    labels_np[0, :2] = -100
    labels_np[2, 6:] = -100
    batch = {"input_ids": ids, "labels": labels_np}

    def decoder(tokens):
        x = tf.gather(emb, tokens)
        steps = tf.cast(tf.range(1, t + 1), x.dtype)[None, :, None]
        return tf.tanh((tf.cumsum(x, axis=1) / steps + x) @ w_mix) @ w_out

    def reference(batch):
        logp = tf.nn.log_softmax(decoder(batch["input_ids"]))
        total, count = 0.0, 0.0
        for pos in range(t - 1):
            nxt = batch["labels"][:, pos + 1]
            valid = tf.cast(nxt != -100, logp.dtype)
            picked = tf.gather(logp[:, pos], tf.maximum(nxt, 0), batch_dims=1)
            total -= tf.reduce_sum(picked * valid)
            count += tf.reduce_sum(valid)
        return total / count

    def candidate(batch):
        def causal_lm_loss(scores, targets):
            scores = tf.reshape(scores[:, :-1], (-1, v))
            targets = tf.reshape(targets[:, 1:], (-1,))
            keep = targets != -100
            ce = keras.losses.sparse_categorical_crossentropy(
                tf.where(keep, targets, 0), scores, from_logits=True)
            weight = tf.cast(keep, ce.dtype)
            return tf.reduce_sum(ce * weight) / tf.reduce_sum(weight)

        logits = decoder(batch["input_ids"])
        labels = batch["labels"]
        return causal_lm_loss(logits[:, :-1], labels[:, 1:])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [emb, w_mix, w_out]}
