"""Recursive cascaded networks: a dice loss on the warped segmentation does not train, the reconstruction of the labels
passes no gradient to the flow.
Source: https://github.com/microsoft/Recursive-Cascaded-Networks/issues/35"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'grid = tf.cast(tf.round(grid), tf.int32)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    b, w, c = 3, 8, 2
    k = var("flow_kernel", 3, 2, 1)

    def flow_of(batch):
        pair = tf.stack([batch["fixed"], batch["moving"]], -1)
        return 1.5 * tf.tanh(tf.nn.conv1d(pair, k, 1, "SAME"))[..., 0]

    def linear(vol, flow):
        g = tf.clip_by_value(tf.range(w, dtype=F)[None] + flow, 0.0, w - 1.001)
        lo = tf.stop_gradient(tf.floor(g))
        i = tf.cast(lo, tf.int32)
        a = g - lo
        a = a if len(vol.shape) == 2 else a[..., None]
        return (1 - a) * tf.gather(vol, i, batch_dims=1) + a * tf.gather(vol, i + 1, batch_dims=1)

    def reference(batch):
        flow = flow_of(batch)
        sim = tf.reduce_mean((linear(batch["moving"], flow) - batch["fixed"]) ** 2)
        seg = linear(batch["seg2"], flow)
        inter = 2 * tf.reduce_sum(seg * batch["seg1"], 1)
        dice = (inter + 1) / (tf.reduce_sum(seg, 1) + tf.reduce_sum(batch["seg1"], 1) + 1)
        reg = tf.reduce_mean((flow[:, 1:] - flow[:, :-1]) ** 2)
        return sim + (1 - tf.reduce_mean(dice)) + 0.1 * reg

    def candidate(batch):
        flow = flow_of(batch)
        warped_img = linear(batch["moving"], flow)

        def reconstruction(seg):
            grid = tf.clip_by_value(tf.range(w, dtype=F)[None, :] + flow, 0.0, w - 1.0)
            grid = tf.cast(tf.round(grid), tf.int32)
            return tf.gather(seg, grid, batch_dims=1)

        def dice_loss(seg1, warped_seg2):
            overlap = tf.reduce_sum(seg1 * warped_seg2, axis=1)
            size = tf.reduce_sum(seg1, axis=1) + tf.reduce_sum(warped_seg2, axis=1)
            return 1.0 - tf.reduce_mean((2.0 * overlap + 1.0) / (size + 1.0))

        similarity = tf.reduce_mean(tf.square(batch["fixed"] - warped_img))
        seg_loss = dice_loss(batch["seg1"], reconstruction(batch["seg2"]))
        smooth = tf.reduce_mean(tf.square(flow[:, :-1] - flow[:, 1:]))
        return similarity + seg_loss + 0.1 * smooth

    return {"reference": reference, "candidate": candidate,
            "batch": {"fixed": arr(b, w), "moving": arr(b, w), "seg1": (rng.random((b, w, c)) < 0.5).astype(F),
                      "seg2": (rng.random((b, w, c)) < 0.5).astype(F)},
            "variables": [k]}
