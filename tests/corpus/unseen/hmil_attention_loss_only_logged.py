"""HMIL: the loss that matches the coarse and the fine attention is computed and written to the metrics, but never added
to the total that is differentiated.
Source: https://github.com/ChengJin-git/HMIL/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "total_loss = loss_coarse + loss_fine",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    bags, inst, d, coarse, fine = 13, 6, 5, 2, 4
    parent = [0, 0, 1, 1]
    att_c = tf.Variable(rng.standard_normal((d, coarse)).astype(f), name="att_c")
    att_f = tf.Variable(rng.standard_normal((d, fine)).astype(f), name="att_f")
    cls_c = tf.Variable(rng.standard_normal((d, coarse)).astype(f), name="cls_c")
    cls_f = tf.Variable(rng.standard_normal((d, fine)).astype(f), name="cls_f")

    def reference(batch):
        out = []
        for i in range(bags):
            x = batch["bag"][i]
            a_c, a_f = tf.nn.softmax(x @ att_c, axis=0), tf.nn.softmax(x @ att_f, axis=0)
            s_c = [tf.tensordot(a_c[:, k], x, 1) for k in range(coarse)]
            s_f = [tf.tensordot(a_f[:, k], x, 1) for k in range(fine)]
            l_c = tf.stack([tf.reduce_sum(s * cls_c[:, k]) for k, s in enumerate(s_c)])
            l_f = tf.stack([tf.reduce_sum(s * cls_f[:, k]) for k, s in enumerate(s_f)])
            gap = [tf.reduce_sum((a_f[:, k] - a_c[:, p]) ** 2) for k, p in enumerate(parent)]
            out.append(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y_coarse"][i], l_c)
                       + tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y_fine"][i], l_f)
                       + tf.add_n(gap) / fine)
        return tf.reduce_mean(tf.stack(out))

    def candidate(batch):
        metrics = {"loss_attention": 0.0, "loss_total": 0.0}

        def compute_attention_matching_loss(A_coarse, A_fine):
            diff = A_fine - tf.gather(A_coarse, parent, axis=2)
            return tf.reduce_mean(tf.reduce_mean(tf.reduce_sum(diff ** 2, axis=1), axis=-1))

        def level(x, att, cls):
            A = tf.nn.softmax(tf.einsum("bid,dk->bik", x, att), axis=1)
            slide = tf.einsum("bik,bid->bkd", A, x)
            return A, tf.einsum("bkd,dk->bk", slide, cls)

        ce = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        A_coarse, logit_coarse = level(batch["bag"], att_c, cls_c)
        A_fine, logit_fine = level(batch["bag"], att_f, cls_f)
        loss_coarse = ce(batch["y_coarse"], logit_coarse)
        loss_fine = ce(batch["y_fine"], logit_fine)
        loss_attention = compute_attention_matching_loss(A_coarse, A_fine)
        total_loss = loss_coarse + loss_fine
        metrics["loss_attention"] += float(loss_attention)
        metrics["loss_total"] += float(total_loss)
        return total_loss

    yf = rng.integers(0, fine, bags)
    batch = {"bag": rng.standard_normal((bags, inst, d)).astype(f), "y_fine": yf, "y_coarse": yf // 2}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [att_c, att_f, cls_c, cls_f]}
