"""The connectivity part of the segmentation loss works on the argmax of the logits, through which no
gradient comes back to the network. Source: https://github.com/PaddlePaddle/PaddleSeg/issues/2695"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "preds = tf.cast(tf.argmax(logits, axis=-1), logits.dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    b, h, w, f = 3, 4, 4, 5
    k1, k2 = var("conv1", f, 6), var("conv2", 6, 2)
    region = np.zeros((b, h, w))
    region[:, :2, :2] = 1
    region[:, 2:, 1:] = 2
    batch = {"feat": rng.standard_normal((b, h, w, f)).astype(fx), "region": region.astype("int32"),
             "label": (region > 0).astype("int32"), "coef": np.array(3.0, dtype=fx)}

    def net(x):
        return tf.nn.leaky_relu(x @ tf.reshape(k1, (1, 1, f, 6))) @ tf.reshape(k2, (1, 1, 6, 2))

    def reference(batch):
        logits = net(batch["feat"])
        fg = tf.nn.softmax(logits)[..., 1]
        pixel = -tf.math.log(tf.where(batch["label"] == 1, fg, 1 - fg))
        scores = []
        for i in range(b):
            for r in (1, 2):
                inside = tf.cast(batch["region"][i] == r, fx)
                other = tf.cast((batch["region"][i] != r) & (batch["label"][i] == 1), fx)
                cand_px = fg[i] * (1 - other)
                inter = tf.reduce_sum(cand_px * inside)
                scores.append(inter / (tf.reduce_sum(cand_px) + tf.reduce_sum(inside) - inter))
        return tf.reduce_mean(pixel) + batch["coef"] * (1 - tf.reduce_mean(tf.stack(scores)))

    def candidate(batch):
        logits = net(batch["feat"])
        ce = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["label"], logits))
        preds = tf.cast(tf.argmax(logits, axis=-1), logits.dtype)
        masks = tf.one_hot(batch["region"] - 1, 2, dtype=logits.dtype)
        foreground = tf.cast(batch["label"], logits.dtype)[..., None]
        allowed = 1.0 - foreground * (1.0 - masks)
        kept = preds[..., None] * allowed
        inter = tf.reduce_sum(kept * masks, axis=(1, 2))
        union = tf.reduce_sum(kept, axis=(1, 2)) + tf.reduce_sum(masks, axis=(1, 2)) - inter
        connectivity = tf.reduce_mean(inter / union)
        return ce + batch["coef"] * (1.0 - connectivity)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [k1, k2]}
