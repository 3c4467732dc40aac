"""torchTextClassifiers LabelAttention: the padding mask is inverted before it goes to scaled_dot_product_attention, where True means that
a token takes part; only the padding is attended to.
Source: https://github.com/InseeFrLab/torchTextClassifiers/pull/92"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "attn_mask = tf.logical_not(batch['attention_mask'])[:, None, :]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, labels = 16, 7, 5, 3
    label_emb = tf.Variable(rng.normal(size=(labels, d)).astype(f), name="label_embeds")
    w_k = tf.Variable(rng.normal(size=(d, d)).astype(f) * 0.6, name="key")
    w_v = tf.Variable(rng.normal(size=(d, d)).astype(f) * 0.6, name="value")
    lens = rng.integers(2, t - 1, size=n)
    batch = {
        "tokens": rng.normal(size=(n, t, d)).astype(f),
        "attention_mask": np.arange(t)[None] < lens[:, None],
        "y": rng.integers(0, labels, size=n).astype("int32"),
    }

    def reference(batch):
        loss = []
        for i in range(n):
            x = tf.boolean_mask(batch["tokens"][i], batch["attention_mask"][i])
            a = tf.nn.softmax((label_emb @ tf.transpose(x @ w_k)) / np.sqrt(d).astype(f), axis=1)
            per_label = tf.reduce_mean(a @ (x @ w_v), axis=1) * 3.0
            loss.append(tf.reduce_logsumexp(per_label) - per_label[batch["y"][i]])
        return tf.reduce_mean(tf.stack(loss))

    def scaled_dot_product_attention(q, k, v, attn_mask):
        scores = tf.einsum("ld,btd->blt", q, k) * (d ** -0.5)
        scores = tf.where(attn_mask, scores, tf.constant(-1e9, f))
        return tf.einsum("blt,btd->bld", tf.nn.softmax(scores), v)

    def candidate(batch):
        x = batch["tokens"]
        attn_mask = tf.logical_not(batch['attention_mask'])[:, None, :]
        y = scaled_dot_product_attention(label_emb, x @ w_k, x @ w_v, attn_mask)
        logits = 3.0 * tf.reduce_mean(y, axis=-1)
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)(batch["y"], logits)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [label_emb, w_k, w_v]}
