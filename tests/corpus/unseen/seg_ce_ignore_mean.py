"""mmsegmentation: cross entropy with ignore_index is averaged over all pixels, the ignored ones included.
Source: https://github.com/open-mmlab/mmsegmentation/issues/886"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'loss_seg = tf.reduce_mean(loss)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()
    b, hw, c, ncls = 3, 5, 4, 4
    conv = tf.Variable((0.5 * rng.normal(size=(3, 3, 3, c))).astype(F), name="conv")
    cls = tf.Variable(rng.normal(size=(c, ncls)).astype(F), name="cls")
    aux = tf.Variable(rng.normal(size=(c, ncls)).astype(F), name="aux")

    def features(img):
        return tf.nn.relu(tf.nn.conv2d(img, conv, 1, "SAME"))

    def reference(batch):
        f = features(batch["img"])
        keep = batch["seg"] != 255
        y = tf.boolean_mask(batch["seg"], keep)
        losses = []
        for w in (cls, aux):
            lg = tf.boolean_mask(f @ w, keep)
            losses.append(tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, lg)))
        return losses[0] + 0.4 * losses[1]

    def candidate(batch):
        x = features(batch["img"])
        valid = tf.cast(tf.not_equal(batch["seg"], 255), F)
        label = tf.where(valid > 0, batch["seg"], tf.zeros_like(batch["seg"]))

        def cross_entropy(logits):
            logp = tf.nn.log_softmax(logits, axis=-1)
            loss = -tf.gather(logp, label, batch_dims=3) * valid
            loss_seg = tf.reduce_mean(loss)
            return loss_seg

        decode = cross_entropy(tf.einsum("bhwc,ck->bhwk", x, cls))
        auxiliary = cross_entropy(tf.einsum("bhwc,ck->bhwk", x, aux))
        return decode + 0.4 * auxiliary

    seg = rng.integers(0, ncls, (b, hw, hw))
    seg[rng.random((b, hw, hw)) < 0.4] = 255
    return {"reference": reference, "candidate": candidate,
            "batch": {"img": rng.normal(size=(b, hw, hw, 3)).astype(F), "seg": seg}, "variables": [conv, cls, aux]}
