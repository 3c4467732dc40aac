"""The auxiliary loss of DIEN averages over all time steps of the history, the padded ones included.
Source: https://github.com/RUCAIBox/RecBole/issues/1483"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "aux_loss = tf.reduce_mean(click_loss + noclick_loss)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, items, d, alpha = 4, 6, 12, 4, 0.7
    emb = tf.Variable(rng.normal(size=(items, d)).astype(fx), name="emb")
    cell = tf.Variable((rng.normal(size=(2 * d, d)) / 1.5).astype(fx), name="cell")
    w_aux = tf.Variable(rng.normal(size=(2 * d, 1)).astype(fx), name="w_aux")
    w_top = tf.Variable(rng.normal(size=(2 * d, 1)).astype(fx), name="w_top")

    def interests(seq):
        h, hs = tf.zeros_like(seq[:, 0]), []
        for i in range(t):
            h = tf.tanh(tf.matmul(tf.concat([h, seq[:, i]], -1), cell))
            hs.append(h)
        return tf.stack(hs, 1)

    def reference(batch):
        seq = tf.gather(emb, batch["history"])
        hs = interests(seq)
        neg = tf.gather(emb, batch["neg_history"])
        aux, count, final = 0.0, 0.0, []
        for i in range(n):
            for s in range(t - 1):
                real = tf.cast(s + 1 < batch["lengths"][i], hs.dtype)
                pos_score = tf.matmul(tf.concat([hs[i, s], seq[i, s + 1]], 0)[None], w_aux)
                neg_score = tf.matmul(tf.concat([hs[i, s], neg[i, s + 1]], 0)[None], w_aux)
                aux += real * (tf.nn.softplus(-pos_score)[0, 0] + tf.nn.softplus(neg_score)[0, 0])
                count += real
            final.append(hs[i, batch["lengths"][i] - 1])
        top = tf.concat([tf.stack(final), tf.gather(emb, batch["target"])], -1) @ w_top
        ce = tf.nn.sigmoid_cross_entropy_with_logits(batch["label"], top[:, 0])
        return tf.reduce_mean(ce) + alpha * aux / count

    def candidate(batch):
        item_list_emb = tf.gather(emb, batch["history"])
        neg_list_emb = tf.gather(emb, batch["neg_history"])
        outputs = interests(item_list_emb)
        states = outputs[:, :-1]
        click_input = tf.concat([states, item_list_emb[:, 1:]], axis=-1)
        noclick_input = tf.concat([states, neg_list_emb[:, 1:]], axis=-1)
        click_logit = tf.squeeze(tf.matmul(click_input, w_aux), -1)
        noclick_logit = tf.squeeze(tf.matmul(noclick_input, w_aux), -1)
        click_loss = tf.nn.softplus(-click_logit)
        noclick_loss = tf.nn.softplus(noclick_logit)
        aux_loss = tf.reduce_mean(click_loss + noclick_loss)
        last = tf.gather(outputs, batch["lengths"] - 1, axis=1, batch_dims=1)
        preds = tf.matmul(tf.concat([last, tf.gather(emb, batch["target"])], axis=-1), w_top)[:, 0]
        rec_loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(batch["label"], preds))
        return rec_loss + alpha * aux_loss

    hist, neg = rng.integers(1, items, (n, t)), rng.integers(1, items, (n, t))
    lengths = np.array([2, 6, 3, 4], "int32")
    for i, k in enumerate(lengths):
        hist[i, k:] = 0
        neg[i, k:] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"history": hist.astype("int32"), "neg_history": neg.astype("int32"), "lengths": lengths,
                      "target": rng.integers(1, items, n).astype("int32"), "label": np.array([1, 0, 1, 0]).astype(fx)},
            "variables": [emb, cell, w_aux, w_top]}
