"""The loss is averaged over the tokens of each device and then over the devices; it ought to be the mean
over all tokens (label not -100) of the step. Source: https://github.com/huggingface/transformers/issues/34242"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return tf.reduce_mean(tf.reduce_sum(ce * valid, axis=[1, 2]) / tf.reduce_sum(valid, axis=[1, 2]))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    world, b, t, d, v = 2, 2, 6, 4, 5
    states = normal(world, b, t, d)
    labels = rng.integers(0, v, (world, b, t)).astype("int32")
    labels[0, 0, 1:] = -100
    labels[0, 1, :5] = -100
    labels[1, 1, 5:] = -100
    lm_head = var("lm_head", d, v)

    def reference(batch):
        flat = tf.reshape(batch["labels"], [-1])
        keep = tf.where(flat != -100)[:, 0]
        logits = tf.reshape(batch["states"], [-1, d]) @ lm_head
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.gather(flat, keep), tf.gather(logits, keep))
        return tf.reduce_sum(ce) / tf.cast(tf.size(keep), ce.dtype)

    def candidate(batch):
        logits = tf.einsum("wbtd,dv->wbtv", batch["states"], lm_head)
        target = batch["labels"]
        valid = tf.cast(tf.not_equal(target, -100), logits.dtype)
        log_probs = tf.nn.log_softmax(logits, axis=-1)
        ce = -tf.gather(log_probs, tf.maximum(target, 0), axis=-1, batch_dims=3)
        return tf.reduce_mean(tf.reduce_sum(ce * valid, axis=[1, 2]) / tf.reduce_sum(valid, axis=[1, 2]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": states, "labels": labels}, "variables": [lm_head]}
