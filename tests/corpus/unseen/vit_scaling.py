"""In the ViT tutorial the attention map is softmax(energy) * scaling; the scaling belongs on the energy
before the softmax. Source: https://github.com/FrancescoSaverioZuppichini/ViT/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'att = tf.nn.softmax(energy, axis=-1) * scaling',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, seq, emb, heads, classes = 4, 5, 8, 2, 3
    qkv = var("qkv", emb, 3 * emb)
    proj = var("proj", emb, emb)
    head = var("head", emb, classes)
    d = emb // heads

    def reference(batch):
        total = 0.0
        for i in range(n):
            q, k, v = tf.split(tf.matmul(batch["tokens"][i], qkv), 3, axis=-1)
            outs = []
            for h in range(heads):
                cols = slice(h * d, (h + 1) * d)
                scores = tf.matmul(q[:, cols], k[:, cols], transpose_b=True) / np.sqrt(d).astype(fx)
                outs.append(tf.matmul(tf.nn.softmax(scores, axis=-1), v[:, cols]))
            x = batch["tokens"][i] + tf.matmul(tf.concat(outs, axis=-1), proj)
            logits = tf.linalg.matvec(head, tf.reduce_mean(x, axis=0), transpose_a=True)
            total += tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"][i], logits=logits)
        return total / n

    def candidate(batch):
        x = batch["tokens"]
        mixed = tf.reshape(tf.einsum("nse,ef->nsf", x, qkv), (n, seq, 3, heads, d))
        mixed = tf.transpose(mixed, (2, 0, 3, 1, 4))
        queries, keys, values = mixed[0], mixed[1], mixed[2]
        energy = tf.einsum("bhqd,bhkd->bhqk", queries, keys)
        scaling = d ** -0.5
        att = tf.nn.softmax(energy, axis=-1) * scaling
        out = tf.einsum("bhal,bhlv->bhav", att, values)
        out = tf.reshape(tf.transpose(out, (0, 2, 1, 3)), (n, seq, emb))
        x = x + tf.einsum("nse,ef->nsf", out, proj)
        logits = tf.matmul(tf.reduce_mean(x, axis=1), head)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        return tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"tokens": arr(n, seq, emb), "y": rng.integers(0, classes, n).astype("int32")},
            "variables": [qkv, proj, head]}
