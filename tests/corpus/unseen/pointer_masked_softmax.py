"""RLSeq2Seq attention_decoder: asked whether softmax * mask should be exp * mask; after the renormalisation both are the same.
Source: https://github.com/yaserkl/RLSeq2Seq/issues/8"""
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
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    b, t, d, vocab = 3, 5, 4, 6
    wh, ws = var("W_h", d, d), var("W_s", d, d)
    v = var("v", d)
    out = var("out", 2 * d, vocab)

    def reference(batch):
        e = tf.reduce_sum(v * tf.tanh(batch["enc"] @ wh + (batch["state"] @ ws)[:, None]), -1)
        a = tf.exp(e) * batch["pad"]
        a = a / tf.reduce_sum(a, 1, keepdims=True)
        ctx = tf.reduce_sum(a[..., None] * batch["enc"], 1)
        vocab_p = tf.nn.softmax(tf.concat([batch["state"], ctx], -1) @ out)
        copy = tf.reduce_sum(a * tf.cast(batch["src"] == batch["y"][:, None], F), 1)
        p = 0.6 * tf.gather(vocab_p, batch["y"], batch_dims=1) + 0.4 * copy
        return -tf.reduce_mean(tf.math.log(p))

    def candidate(batch):
        def masked_attention(e_not_masked):
            attn_dist = tf.nn.softmax(e_not_masked) * batch["pad"]
            masked_sums = tf.reduce_sum(attn_dist, axis=1)
            return attn_dist / tf.reshape(masked_sums, [-1, 1])

        encoder_features = tf.matmul(batch["enc"], wh)
        decoder_features = tf.expand_dims(tf.matmul(batch["state"], ws), 1)
        scores = tf.einsum("btd,d->bt", tf.tanh(encoder_features + decoder_features), v)
        attn_dist = masked_attention(scores)
        context_vector = tf.einsum("bt,btd->bd", attn_dist, batch["enc"])
        vocab_dist = 0.6 * tf.nn.softmax(tf.matmul(tf.concat([batch["state"], context_vector], axis=1), out))
        copy_dist = tf.einsum("bt,btv->bv", 0.4 * attn_dist, tf.one_hot(batch["src"], vocab, dtype=F))
        gold = tf.one_hot(batch["y"], vocab, dtype=F)
        gold_probs = tf.reduce_sum((vocab_dist + copy_dist) * gold, axis=1)
        return tf.reduce_mean(-tf.math.log(gold_probs))

    return {"reference": reference, "candidate": candidate,
            "batch": {"enc": arr(b, t, d), "state": arr(b, d), "src": rng.integers(0, vocab, (b, t)),
                      "y": rng.integers(0, vocab, b), "pad": (np.arange(t)[None] < np.array([5, 3, 4])[:, None]).astype(F)},
            "variables": [wh, ws, v, out]}
