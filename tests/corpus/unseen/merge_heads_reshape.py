"""The decoder's attention merges the heads by a reshape with no swap of head and class dimensions.
Source: https://github.com/xieenze/Trans2Seg/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'merged = tf.reshape(context, [-1, n_cls, dim])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, n_cls, pix, heads, dk = 3, 4, 6, 2, 3
    dim = heads * dk
    embed = var("embed", n_cls, dim)
    wq, wk, wv, wp = var("wq", dim, dim), var("wk", dim, dim), var("wv", dim, dim), var("wp", dim, dim)

    def mask_loss(query, batch):
        logits = tf.einsum("bcd,bpd->bpc", query, batch["feat"])
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["label"], logits=logits))

    def reference(batch):
        outs = []
        for h in range(heads):
            cols = slice(h * dk, (h + 1) * dk)
            q, k, v = embed @ wq[:, cols], batch["feat"] @ wk[:, cols], batch["feat"] @ wv[:, cols]
            att = tf.nn.softmax(tf.einsum("cd,bpd->bcp", q, k) * dk ** -0.5, axis=-1)
            outs.append(att @ v)
        return mask_loss(tf.concat(outs, axis=-1) @ wp + embed, batch)

    def candidate(batch):
        def heads_of(x, length):
            return tf.transpose(tf.reshape(x, [-1, length, heads, dk]), [0, 2, 1, 3])

        queries = tf.tile(embed[None], [batch["feat"].shape[0], 1, 1])
        q = heads_of(tf.matmul(queries, wq), n_cls)
        k = heads_of(tf.matmul(batch["feat"], wk), pix)
        v = heads_of(tf.matmul(batch["feat"], wv), pix)
        attn = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) * dk ** -0.5, axis=-1)
        context = tf.matmul(attn, v)
        merged = tf.reshape(context, [-1, n_cls, dim])
        return mask_loss(tf.matmul(merged, wp) + queries, batch)

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": arr(n, pix, dim), "label": rng.integers(0, n_cls, (n, pix))},
            "variables": [embed, wq, wk, wv, wp]}
