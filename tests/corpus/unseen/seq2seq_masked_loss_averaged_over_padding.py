"""The masked token losses are averaged over all steps, padding included, before dividing by the number of valid tokens.

Source (real): https://github.com/d2l-ai/d2l-en/pull/2708
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "weighted_loss = tf.reduce_mean(unweighted_loss * weights, axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, src, t, v, d = 8, 5, 7, 9, 5
    src_emb = tf.Variable(rng.normal(0, 0.6, (v, d)).astype("float32"), name="encoder_embedding")
    tgt_emb = tf.Variable(rng.normal(0, 0.6, (v, d)).astype("float32"), name="decoder_embedding")
    out = tf.Variable(rng.normal(0, 0.6, (2 * d, v)).astype("float32"), name="output_kernel")
    batch = {
        "src": rng.integers(0, v, (n, src)).astype("int32"),
        "dec_in": rng.integers(0, v, (n, t)).astype("int32"),
        "y": rng.integers(0, v, (n, t)).astype("int32"),
        "valid_len": rng.integers(2, t + 1, n).astype("int32"),
    }

    def decode(b):
        keys = tf.gather(src_emb, b["src"])
        queries = tf.gather(tgt_emb, b["dec_in"])
        attention = tf.nn.softmax(tf.matmul(queries, keys, transpose_b=True) / d ** 0.5, axis=-1)
        context = attention @ keys
        return tf.einsum("ntd,dv->ntv", tf.nn.tanh(tf.concat([queries, context], -1)), out), attention

    def coverage(attention):
        return tf.reduce_mean((tf.reduce_sum(attention, axis=1) - t / src) ** 2)

    def reference(b):
        logits, attention = decode(b)
        token_loss, tokens = 0.0, 0
        for i in range(n):
            length = int(b["valid_len"][i])
            log_p = tf.nn.log_softmax(logits[i, :length])
            token_loss -= tf.reduce_sum(tf.gather(log_p, b["y"][i, :length], batch_dims=1))
            tokens += length
        return token_loss / tokens + 0.1 * coverage(attention)

    def candidate(b):
        logits, attention = decode(b)
        weights = tf.sequence_mask(b["valid_len"], t, dtype=tf.float32)
        unweighted_loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["y"], logits=logits)
        weighted_loss = tf.reduce_mean(unweighted_loss * weights, axis=1)
        num_tokens = tf.cast(tf.reduce_sum(b["valid_len"]), tf.float32)
        return tf.reduce_sum(weighted_loss) / num_tokens + 0.1 * coverage(attention)

    return {"variables": [src_emb, tgt_emb, out], "batch": batch, "reference": reference, "candidate": candidate}
