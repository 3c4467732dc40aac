"""SSD confidence loss weights boxes with mask.float() + neg_mask.float(); where the negative mask also
covers positive boxes their loss is counted twice. Source: https://github.com/NVIDIA/DeepLearningExamples/issues/948"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'closs = tf.reduce_sum(con * (fmask + tf.cast(neg_mask, con.dtype)), axis=1)',
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

    n, boxes, feat, classes = 3, 9, 4, 3
    w_cls = var("cls_head", feat, classes)
    w_loc = var("loc_head", feat, 4)
    gt_label = np.zeros((n, boxes), "int32")
    for i, k in enumerate((3, 4, 2)):
        gt_label[i, rng.permutation(boxes)[:k]] = rng.integers(1, classes, k)

    def smooth_l1(d):
        a = tf.abs(d)
        return tf.where(a < 1.0, 0.5 * d * d, a - 0.5)

    def reference(batch):
        losses = []
        for i in range(n):
            tags = gt_label[i]
            positive = tags > 0
            k = int(positive.sum())
            logp = tf.nn.log_softmax(tf.matmul(batch["feat"][i], w_cls))
            con = -tf.gather(logp, tags, batch_dims=1)
            order = np.argsort(-np.where(positive, 0.0, con.numpy()), kind="stable")
            chosen = set(np.where(positive)[0]) | set(order[:min(3 * k, boxes)])
            conf = tf.add_n([con[j] for j in sorted(chosen)])
            delta = smooth_l1(tf.matmul(batch["feat"][i], w_loc) - batch["gloc"][i])
            loc = tf.add_n([tf.reduce_sum(delta[j]) for j in np.where(positive)[0]])
            losses.append((conf + loc) / k)
        return tf.add_n(losses) / n

    def candidate(batch):
        plabel = tf.einsum("nbf,fc->nbc", batch["feat"], w_cls)
        ploc = tf.einsum("nbf,fc->nbc", batch["feat"], w_loc)
        mask = batch["glabel"] > 0
        fmask = tf.cast(mask, plabel.dtype)
        pos_num = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
        sl1 = tf.reduce_sum(tf.reduce_sum(smooth_l1(ploc - batch["gloc"]), axis=2) * fmask, axis=1)
        con = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["glabel"], logits=plabel)
        con_neg = tf.where(mask, tf.zeros_like(con), con)
        con_idx = tf.argsort(con_neg, axis=1, direction="DESCENDING", stable=True)
        con_rank = tf.argsort(con_idx, axis=1)
        neg_num = tf.minimum(3 * pos_num, boxes)[:, None]
        neg_mask = con_rank < neg_num
        closs = tf.reduce_sum(con * (fmask + tf.cast(neg_mask, con.dtype)), axis=1)
        total = sl1 + closs
        return tf.reduce_mean(total / tf.cast(pos_num, total.dtype))

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": arr(n, boxes, feat), "glabel": gt_label, "gloc": arr(n, boxes, 4)},
            "variables": [w_cls, w_loc]}
