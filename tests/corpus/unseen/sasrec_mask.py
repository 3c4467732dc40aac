"""SASRec key mask: it is derived from the embeddings after the positions were added, so padding is never all-zero and
never masked. Source: https://github.com/kang205/SASRec/pull/15"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "key_masks = tf.sign(tf.reduce_sum(tf.abs(seq), axis=-1))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, items, e = 4, 5, 8, 4
    emb = tf.Variable(rng.normal(size=(items + 1, e)).astype(fx), name="item_emb")
    pos_emb = tf.Variable(rng.normal(size=(t, e)).astype(fx), name="pos_emb")
    wq = tf.Variable(rng.normal(size=(e, e)).astype(fx), name="wq")
    wk = tf.Variable(rng.normal(size=(e, e)).astype(fx), name="wk")
    ids = rng.integers(1, items + 1, size=(b, t))
    ids[0, :3] = 0
    ids[1, :2] = 0
    ids[2, :1] = 0
    pos = rng.integers(1, items + 1, size=(b, t)) * (ids > 0)
    neg = rng.integers(1, items + 1, size=(b, t)) * (ids > 0)

    def lookup(idx):
        return tf.gather(emb, idx) * tf.cast(idx > 0, emb.dtype)[..., None]

    def reference(batch):
        total, count = 0.0, 0.0
        for i in range(b):
            x = lookup(batch["seq"][i]) + pos_emb
            for j in range(t):
                if ids[i, j] == 0:
                    continue
                keys = [k for k in range(j + 1) if ids[i, k] > 0]
                kx = tf.gather(x, keys)
                att = tf.nn.softmax(tf.linalg.matvec(kx @ wk, (x[j:j + 1] @ wq)[0]) / e ** 0.5)
                out = x[j] + tf.linalg.matvec(kx, att, transpose_a=True)
                p = tf.reduce_sum(out * emb[batch["pos"][i, j]])
                q = tf.reduce_sum(out * emb[batch["neg"][i, j]])
                total += tf.nn.softplus(-p) + tf.nn.softplus(q)
                count += 1.0
        return total / count

    def candidate(batch):
        items_only = lookup(batch["seq"])
        seq = items_only + pos_emb
        queries = tf.matmul(seq, wq)
        keys = tf.matmul(seq, wk)
        scores = tf.matmul(queries, keys, transpose_b=True) / e ** 0.5
        key_masks = tf.sign(tf.reduce_sum(tf.abs(seq), axis=-1))
        paddings = tf.ones_like(scores) * -1e9
        scores = tf.where(key_masks[:, None, :] > 0, scores, paddings)
        tril = tf.linalg.band_part(tf.ones((t, t), scores.dtype), -1, 0)
        scores = tf.where(tril[None] > 0, scores, paddings)
        outputs = tf.matmul(tf.nn.softmax(scores, axis=-1), seq) + seq
        pos_logits = tf.reduce_sum(tf.gather(emb, batch["pos"]) * outputs, -1)
        neg_logits = tf.reduce_sum(tf.gather(emb, batch["neg"]) * outputs, -1)
        istarget = tf.cast(batch["pos"] != 0, outputs.dtype)
        loss = tf.nn.softplus(-pos_logits) + tf.nn.softplus(neg_logits)
        return tf.reduce_sum(loss * istarget) / tf.reduce_sum(istarget)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"seq": ids.astype("int32"), "pos": pos.astype("int32"), "neg": neg.astype("int32")},
        "variables": [emb, pos_emb, wq, wk],
    }
