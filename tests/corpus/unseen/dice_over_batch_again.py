"""SSL4MIS DiceLoss sums over all batch elements at once, unlike the per-sample mean of the cross-entropy beside it.
Source: https://github.com/HiLab-git/SSL4MIS/pull/101"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "dims = list(range(inputs.shape.rank - 1))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w_, c = 4, 6, 6, 3
    kernel = tf.Variable((0.6 * rng.standard_normal((3, 3, 2, c))).astype(f), name="kernel")
    bias = tf.Variable((0.2 * rng.standard_normal(c)).astype(f), name="bias")
    smooth = 1e-5

    def reference(batch):
        logits = tf.nn.conv2d(batch["x"], kernel, 1, "SAME") + bias
        ce = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits))
        soft = tf.nn.softmax(logits)
        dice_loss = 0.0
        for s in range(n):
            for k in range(c):
                p = soft[s, :, :, k]
                t = tf.cast(batch["y"][s] == k, p.dtype)
                inter, z, y = tf.reduce_sum(p * t), tf.reduce_sum(p * p), tf.reduce_sum(t * t)
                dice_loss += 1 - (2 * inter + smooth) / (z + y + smooth)
        return 0.5 * (dice_loss / (n * c) + ce)

    def candidate(batch):
        def one_hot_encoder(input_tensor):
            masks = [tf.cast(tf.equal(input_tensor, i), f) for i in range(c)]
            return tf.stack(masks, axis=-1)

        def dice_loss(inputs, target, softmax=False):
            if softmax:
                inputs = tf.nn.softmax(inputs, axis=-1)
            target = one_hot_encoder(target)
            dims = list(range(inputs.shape.rank - 1))
            intersect = tf.reduce_sum(inputs * target, axis=dims)
            y_sum = tf.reduce_sum(target * target, axis=dims)
            z_sum = tf.reduce_sum(inputs * inputs, axis=dims)
            loss = 1.0 - (2.0 * intersect + smooth) / (z_sum + y_sum + smooth)
            return tf.reduce_mean(loss)

        outputs = tf.nn.bias_add(tf.nn.conv2d(batch["x"], kernel, 1, "SAME"), bias)
        loss_ce = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=outputs))
        loss_dice = dice_loss(outputs, batch["y"], softmax=True)
        return 0.5 * (loss_dice + loss_ce)

    y = rng.integers(0, c, (n, h, w_))
    y[0] = np.where(rng.uniform(size=(h, w_)) < 0.9, 0, y[0])
    y[1] = np.where(rng.uniform(size=(h, w_)) < 0.9, 1, y[1])
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, h, w_, 2)).astype(f), "y": y.astype("int32")},
            "variables": [kernel, bias]}
