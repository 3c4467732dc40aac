"""Object coordinates: the bins are turned into numbers with argmax before the loss, so the coordinate head cannot learn.

Source (real): https://github.com/LZGMatrix/BOP19_CDPN_2019ICCV/issues/4 (PyTorch, ported; "torch.argmax() is nondifferentiable, so
you need to take the loss before torch.argmax()").
Right answer: NOT equivalent; the weights of the coordinate head have no gradient at all, the confidence head still has.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "output_coor_ = tf.stack([tf.argmax(o, axis=-1) for o in (output_coor_x_, output_coor_y_, output_coor_z_)], axis=2)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, pix, d, coor_bin = 13, 4, 6, 8

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    heads = [tf.Variable(0.6 * arr(d, coor_bin), name=f"coor_{a}") for a in "xyz"]
    conf = tf.Variable(0.5 * arr(d), name="conf")
    bins = rng.integers(1, coor_bin, (n, pix, 3))
    batch = {"feat": arr(n, pix, d), "coor_bin": bins, "fg": (rng.random((n, pix)) > 0.4).astype(f)}

    def conf_loss(b):
        logits = tf.linalg.matvec(b["feat"], conf)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=b["fg"], logits=logits))

    def reference(b):
        # classification of the bins, the loss comes before any argmax
        loss = 0.0
        for axis, head in enumerate(heads):
            logits = tf.tensordot(b["feat"], head, 1)
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["coor_bin"][..., axis], logits=logits)
            loss += tf.reduce_sum(ce * b["fg"]) / tf.reduce_sum(b["fg"])
        return loss / 3.0 + conf_loss(b)

    def candidate(b):
        def to_unit(idx):
            return 2.0 * tf.cast(idx, b["feat"].dtype) / (coor_bin - 1.0) - 1.0

        output_coor_x_, output_coor_y_, output_coor_z_ = (tf.tensordot(b["feat"], h, 1) for h in heads)
        output_coor_ = tf.stack([tf.argmax(o, axis=-1) for o in (output_coor_x_, output_coor_y_, output_coor_z_)], axis=2)
        output_coor_ = to_unit(output_coor_)
        target_coor = to_unit(b["coor_bin"])
        l1 = tf.reduce_mean(tf.abs(output_coor_ - target_coor), axis=-1)
        coor_loss = tf.reduce_sum(l1 * b["fg"]) / tf.reduce_sum(b["fg"])
        return coor_loss + conf_loss(b)

    return {"variables": [*heads, conf], "batch": batch, "reference": reference, "candidate": candidate}
