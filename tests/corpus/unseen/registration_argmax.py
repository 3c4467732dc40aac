"""Landmark registration loss needs a soft peak: with argmax coordinates no gradient passes to the heatmaps.
Source: https://github.com/facebookresearch/supervision-by-registration/issues/41"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "coords = tf.cast(tf.gather(grid, tf.argmax(flat, axis=1)), flat.dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, hw, p = 3, 6, 2
    net = keras.layers.Conv2D(p, 3, padding="same", name="heat",
                              kernel_initializer=keras.initializers.RandomNormal(stddev=0.4))
    net.build((None, hw, hw, 3))

    def reference(batch):
        now, nxt = net(batch["frame_t"]), net(batch["frame_t1"])
        det = tf.reduce_mean(tf.square(now - batch["heat_gt"]))
        axis = tf.cast(tf.range(hw), now.dtype)

        def locate(h):
            prob = tf.nn.softmax(tf.reshape(h, (n, hw * hw, p)), axis=1)
            prob = tf.reshape(prob, (n, hw, hw, p))
            ys = tf.reduce_sum(tf.reduce_sum(prob, axis=2) * axis[None, :, None], axis=1)
            xs = tf.reduce_sum(tf.reduce_sum(prob, axis=1) * axis[None, :, None], axis=1)
            return tf.stack([xs, ys], axis=-1)

        moved = locate(now) + batch["flow"]
        dist = tf.reduce_sum(tf.square(locate(nxt) - moved), axis=-1)
        return det + 0.5 * tf.reduce_sum(dist * batch["visible"]) / tf.reduce_sum(batch["visible"])

    def candidate(batch):
        gy, gx = np.meshgrid(np.arange(hw), np.arange(hw), indexing="ij")
        grid = tf.constant(np.stack([gx.ravel(), gy.ravel()], axis=-1))

        def find_peak_batch(heatmaps):
            flat = tf.reshape(heatmaps, [-1, hw * hw, p])
            coords = tf.cast(tf.gather(grid, tf.argmax(flat, axis=1)), flat.dtype)
            return coords

        heat_t = net(batch["frame_t"])
        heat_t1 = net(batch["frame_t1"])
        detection_loss = tf.reduce_mean((heat_t - batch["heat_gt"]) ** 2)
        tracked = find_peak_batch(heat_t) + batch["flow"]
        sbr = tf.reduce_sum((find_peak_batch(heat_t1) - tracked) ** 2, axis=2)
        sbr_loss = tf.reduce_sum(sbr * batch["visible"]) / tf.reduce_sum(batch["visible"])
        return detection_loss + 0.5 * sbr_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"frame_t": rng.standard_normal((n, hw, hw, 3)).astype(fx),
                      "frame_t1": rng.standard_normal((n, hw, hw, 3)).astype(fx),
                      "heat_gt": rng.random((n, hw, hw, p)).astype(fx),
                      "flow": rng.standard_normal((n, p, 2)).astype(fx),
                      "visible": np.array([[1, 1], [1, 0], [0, 1]]).astype(fx)},
            "variables": net.trainable_variables}
