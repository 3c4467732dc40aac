"""Depth consistency loss multiplies the errors with the 'closer to camera' mask and then takes a plain mean over
all pixels. Source: https://github.com/google-research/google-research/issues/386"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "rgb_error = tf.reduce_mean(rgb_error)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, h, w = 3, 5, 5
    net = keras.layers.Conv2D(4, 3, padding="same", name="depth_rgb")
    net.build((None, h, w, 3))

    def reference(batch):
        out = net(batch["frame1"])
        keep = tf.where(batch["closer"] > 0)
        depth = tf.gather_nd(tf.nn.softplus(out[..., 0]), keep)
        rgb = tf.gather_nd(tf.sigmoid(out[..., 1:]), keep)
        d_err = tf.reduce_mean(tf.abs(tf.gather_nd(batch["frame2_depth"], keep) - depth))
        c_err = tf.reduce_mean(tf.abs(tf.gather_nd(batch["frame2_rgb"], keep) - rgb))
        return d_err + 3.0 * c_err

    def candidate(batch):
        out = net(batch["frame1"])
        depth, rgb = tf.nn.softplus(out[..., 0]), tf.sigmoid(out[..., 1:])
        frame1_closer_to_camera = batch["closer"]
        valid = tf.reduce_sum(frame1_closer_to_camera)
        depth_error = tf.abs(batch["frame2_depth"] - depth) * frame1_closer_to_camera
        depth_error = tf.reduce_sum(depth_error) / valid
        rgb_error = tf.abs(batch["frame2_rgb"] - rgb) * tf.expand_dims(frame1_closer_to_camera, -1)
        rgb_error = tf.reduce_mean(rgb_error)
        return depth_error + 3.0 * rgb_error

    return {"reference": reference, "candidate": candidate,
            "batch": {"frame1": rng.standard_normal((n, h, w, 3)).astype(fx),
                      "frame2_depth": rng.uniform(0.5, 3, (n, h, w)).astype(fx),
                      "frame2_rgb": rng.random((n, h, w, 3)).astype(fx),
                      "closer": (rng.random((n, h, w)) < 0.45).astype(fx)},
            "variables": net.trainable_variables}
