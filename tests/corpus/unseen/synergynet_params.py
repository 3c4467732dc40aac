"""3DMM parameter loss with 12 pose, 40 shape and 10 expression parameters; the mode that leaves the pose out.
Source: https://github.com/choyingw/SynergyNet/issues/18"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": 'loss = tf.reduce_mean(tf.square(pred[:, 12:50] - target[:, 12:50]), axis=1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d = 4, 5
    img_net = tf.Variable(rng.normal(0, 0.4, (d, 62)).astype(fx), name="backbone_fc")
    rev_net = tf.Variable(rng.normal(0, 0.4, (6, 62)).astype(fx), name="landmark_to_3dmm")

    def reference(batch):
        gt = batch["params"]
        pose_g, shape_g, exp_g = tf.split(gt, [12, 40, 10], axis=1)
        p = tf.split(batch["feat"] @ img_net, [12, 40, 10], axis=1)
        r = tf.split(batch["lmk"] @ rev_net, [12, 40, 10], axis=1)
        sq = lambda a, b: tf.square(a - b)
        main = tf.reduce_mean(sq(p[0], pose_g), 1) + tf.reduce_mean(tf.concat([sq(p[1], shape_g), sq(p[2], exp_g)], 1), 1)
        rev = tf.reduce_mean(tf.concat([sq(r[1], shape_g), sq(r[2], exp_g)], axis=1), axis=1)
        return tf.reduce_mean(tf.sqrt(main)) + 0.5 * tf.reduce_mean(tf.sqrt(rev))

    def candidate(batch):
        def param_loss(pred, target, mode="normal"):
            if mode == "normal":
                loss = tf.reduce_mean(tf.square(pred[:, :12] - target[:, :12]), axis=1)
                loss += tf.reduce_mean(tf.square(pred[:, 12:] - target[:, 12:]), axis=1)
                return tf.sqrt(loss)
            loss = tf.reduce_mean(tf.square(pred[:, 12:50] - target[:, 12:50]), axis=1)
            return tf.sqrt(loss)

        main = param_loss(tf.matmul(batch["feat"], img_net), batch["params"])
        reverse = param_loss(tf.matmul(batch["lmk"], rev_net), batch["params"], mode="only_3dmm")
        return tf.reduce_mean(main) + 0.5 * tf.reduce_mean(reverse)

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(n, d)).astype(fx), "lmk": rng.normal(size=(n, 6)).astype(fx),
                      "params": rng.normal(size=(n, 62)).astype(fx)},
            "variables": [img_net, rev_net]}
