"""A `torch_float` helper casts to int; ImageGPT's attention scale sqrt(head_dim) is truncated when it is no perfect
square. Source: https://github.com/huggingface/transformers/pull/47468"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "return int(x)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, v, heads, hd = 3, 5, 7, 2, 3
    d = heads * hd

    def var(name, *s):
        return tf.Variable((0.9 * rng.standard_normal(s)).astype(fx), name=name)

    emb, qkv, proj, out = var("emb", v, d), var("qkv", d, 3 * d), var("proj", d, d), var("out", d, v)

    def reference(batch):
        x = tf.gather(emb, batch["pixels"])
        q, k, val = tf.split(x @ qkv, 3, axis=-1)
        ctx = []
        for h in range(heads):
            sl = slice(h * hd, (h + 1) * hd)
            s = tf.matmul(q[..., sl], k[..., sl], transpose_b=True) / np.sqrt(hd)
            s = tf.where(np.tril(np.ones((t, t), bool)), s, -1e9)
            ctx.append(tf.nn.softmax(s) @ val[..., sl])
        y = x + tf.concat(ctx, axis=-1) @ proj
        lp = tf.nn.log_softmax(y[:, :-1] @ out)
        return -tf.reduce_mean(tf.gather(lp, batch["pixels"][:, 1:], batch_dims=2))

    def candidate(batch):
        def torch_float(x):
            return int(x)

        def split_heads(x):
            return tf.transpose(tf.reshape(x, [b, t, heads, hd]), [0, 2, 1, 3])

        hidden = tf.gather(emb, batch["pixels"])
        query, key, value = [split_heads(z) for z in tf.split(hidden @ qkv, 3, axis=-1)]
        attn_weights = tf.einsum("bhid,bhjd->bhij", query, key)
        attn_weights = attn_weights / torch_float(hd ** 0.5)
        causal = tf.linalg.band_part(tf.ones((t, t), hidden.dtype), -1, 0)
        attn_weights = tf.nn.softmax(attn_weights * causal - 1e9 * (1.0 - causal), axis=-1)
        ctx = tf.einsum("bhij,bhjd->bihd", attn_weights, value)
        hidden = hidden + tf.matmul(tf.reshape(ctx, [b, t, d]), proj)
        logits = tf.matmul(hidden[:, :-1], out)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["pixels"][:, 1:], logits=logits)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"pixels": rng.integers(0, v, (b, t)).astype("int32")},
            "variables": [emb, qkv, proj, out]}
