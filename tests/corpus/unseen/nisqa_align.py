"""Alignment: attention is already soft-maxed, but the padded elements are set to -inf
instead of 0, which gives NaN in the soft attention. Source: https://github.com/gabrielmittag/NISQA/issues/17"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'att = tf.where(mask[:, None, :], att, -np.inf)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, tq, tk, d = 3, 4, 5, 4
    wa = var("wa", d, d)
    head = var("head", 2 * d, 1)
    q = rng.standard_normal((n, tq, d)).astype(fx)
    ref = rng.standard_normal((n, tk, d)).astype(fx)
    n_wins = np.array([5, 3, 4], dtype="int32")
    mos = rng.uniform(1, 5, n).astype(fx)

    def reference(batch):
        total = 0.0
        for i in range(n):
            y = batch["ref"][i]
            att = tf.nn.softmax(tf.matmul(tf.matmul(batch["q"][i], wa), y, transpose_b=True))
            valid = tf.cast(tf.range(tk) < batch["n_wins"][i], att.dtype)
            aligned = tf.matmul(att * valid, y)
            fused = tf.concat([batch["q"][i], aligned], axis=-1)
            pred = tf.reduce_mean(tf.matmul(fused, head))
            total += (pred - batch["mos"][i]) ** 2
        return total / n

    def candidate(batch):
        query, y = batch["q"], batch["ref"]
        att = tf.nn.softmax(tf.einsum("nqd,de,nke->nqk", query, wa, y), axis=2)
        mask = tf.sequence_mask(batch["n_wins"], tk)
        att = tf.where(mask[:, None, :], att, -np.inf)
        aligned = tf.einsum("nqk,nkd->nqd", att, y)
        feats = tf.concat([query, aligned], axis=2)
        score = tf.reduce_mean(tf.squeeze(tf.einsum("nqf,fo->nqo", feats, head), -1), axis=1)
        return tf.reduce_mean(tf.square(score - batch["mos"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"q": q, "ref": ref, "n_wins": n_wins, "mos": mos}, "variables": [wa, head]}
