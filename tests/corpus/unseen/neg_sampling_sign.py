"""Skip-gram negative sampling seems to lack the minus in the noise term; the noise embeddings are negated earlier.
Source: https://github.com/kefirski/pytorch_NEG_loss/issues/5"""
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
    fx = keras.config.floatx()
    b, vocab, e, s = 5, 8, 4, 3
    in_embed = tf.Variable(rng.normal(size=(vocab, e)).astype(fx), name="in_embed")
    out_embed = tf.Variable(rng.normal(size=(vocab, e)).astype(fx), name="out_embed")

    def reference(batch):
        u = tf.gather(in_embed, batch["center"])
        pos = tf.reduce_sum(u * tf.gather(out_embed, batch["context"]), axis=1)
        neg = tf.einsum("be,bse->bs", u, tf.gather(out_embed, batch["noise"]))
        per_word = tf.nn.softplus(-pos) + tf.reduce_sum(tf.nn.softplus(neg), axis=1)
        return tf.reduce_mean(per_word)

    def candidate(batch):
        inp = tf.gather(in_embed, batch["center"])
        output = tf.gather(out_embed, batch["context"])
        noise = tf.negative(tf.gather(out_embed, batch["noise"]))
        log_target = tf.math.log(tf.sigmoid(tf.reduce_sum(inp * output, axis=1)))
        sum_log_sampled = tf.reduce_sum(tf.math.log(tf.sigmoid(tf.matmul(noise, inp[:, :, None]))), axis=1)
        loss = log_target + tf.squeeze(sum_log_sampled, axis=1)
        return -tf.reduce_sum(loss) / b

    return {"reference": reference, "candidate": candidate,
            "batch": {"center": rng.integers(0, vocab, size=b).astype("int32"),
                      "context": rng.integers(0, vocab, size=b).astype("int32"),
                      "noise": rng.integers(0, vocab, size=(b, s)).astype("int32")},
            "variables": [in_embed, out_embed]}
