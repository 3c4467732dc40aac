"""Cosine codebook: the code is chosen with l2-normalised x, but the commitment loss
compares the original x with the normalised code. Source: https://github.com/lucidrains/vector-quantize-pytorch/issues/49"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'commit = tf.reduce_mean(tf.square(x - tf.stop_gradient(quant)))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, dim, codes, weight = 7, 5, 4, 6, 0.8
    enc = var("enc", d, dim)
    dec = var("dec", dim, d)
    x_in = rng.standard_normal((n, d)).astype(fx)
    book = rng.standard_normal((codes, dim)).astype(fx)

    def reference(batch):
        z = tf.math.l2_normalize(batch["x"] @ enc, axis=1)
        codebook = tf.math.l2_normalize(batch["book"], axis=1)
        rec, com = 0.0, 0.0
        for i in range(n):
            sim = tf.linalg.matvec(codebook, z[i])
            e = codebook[tf.argmax(sim)]
            com += tf.reduce_mean((tf.stop_gradient(e) - z[i]) ** 2)
            st = z[i] + tf.stop_gradient(e - z[i])
            rec += tf.reduce_mean((tf.linalg.matvec(dec, st, transpose_a=True) - batch["x"][i]) ** 2)
        return (rec + weight * com) / n

    def candidate(batch):
        inputs = batch["x"]
        x = tf.matmul(inputs, enc)
        embed = tf.math.l2_normalize(batch["book"], axis=-1)
        l2norm_x = tf.math.l2_normalize(x, axis=-1)
        dist = tf.matmul(l2norm_x, embed, transpose_b=True)
        embed_ind = tf.argmax(dist, axis=-1)
        quant = tf.gather(embed, embed_ind)
        commit = tf.reduce_mean(tf.square(x - tf.stop_gradient(quant)))
        quant_st = l2norm_x + tf.stop_gradient(quant - l2norm_x)
        recon = tf.reduce_mean(tf.square(tf.matmul(quant_st, dec) - inputs))
        return recon + weight * commit

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x_in, "book": book}, "variables": [enc, dec]}
