"""The seq2seq label-smoothed NLL is a plain sum over tokens; it should be divided by the number of
tokens that are not padding. Source: https://github.com/huggingface/transformers/issues/7546"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "nll, smooth = tf.reduce_sum(nll), tf.reduce_sum(smooth)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    b, t, v, d, pad = 3, 6, 8, 5, 1
    emb, w = var("emb", v, d), var("w", d, v)
    tgt = rng.integers(2, v, (b, t))
    tgt[0, 4:] = pad
    tgt[1, 2:] = pad
    batch = {"decoder_input_ids": rng.integers(2, v, (b, t)).astype("int32"), "labels": tgt.astype("int32"),
             "epsilon": np.array(0.1, dtype=fx)}

    def model(ids):
        return tf.cumsum(tf.gather(emb, ids), axis=1) @ w

    def reference(batch):
        lprobs = tf.nn.log_softmax(model(batch["decoder_input_ids"]))
        eps = batch["epsilon"]
        soft = tf.one_hot(batch["labels"], v, dtype=fx) * (1 - eps) + eps / v
        token_loss = -tf.reduce_sum(soft * lprobs, axis=-1)
        real = batch["labels"] != pad
        return tf.reduce_mean(tf.boolean_mask(token_loss, real))

    def candidate(batch):
        target, eps = batch["labels"], batch["epsilon"]
        lprobs = tf.nn.log_softmax(model(batch["decoder_input_ids"]), axis=-1)
        nll = -tf.gather(lprobs, target[..., None], batch_dims=2)
        smooth = -tf.reduce_sum(lprobs, axis=-1, keepdims=True)
        keep = tf.cast(target[..., None] != pad, lprobs.dtype)
        nll, smooth = nll * keep, smooth * keep
        nll, smooth = tf.reduce_sum(nll), tf.reduce_sum(smooth)
        return (1.0 - eps) * nll + eps / v * smooth

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [emb, w]}
