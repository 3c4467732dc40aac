"""Thread: normalising the student's feature map over HxW and then pooling over HxW leaves all zeros, so nothing is distilled; the
normalisation belongs across the batch. Source: https://github.com/roymiles/Simple-Recipe-Distillation/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "mean, var = tf.nn.moments(feat, axes=(1, 2), keepdims=True)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, h, c, alpha = 5, 3, 4, 4.0
    k = tf.Variable(rng.normal(size=(3, 3, 2, c)).astype(fx), name="student_conv")
    reg = tf.Variable(rng.normal(size=(c, 1)).astype(fx), name="reg_head")

    def reference(batch):
        z = tf.nn.conv2d(batch["img"], k, 1, "SAME")
        mu = tf.reduce_mean(z, axis=(0, 1, 2))
        sd = tf.sqrt(tf.reduce_mean((z - mu) ** 2, axis=(0, 1, 2)) + 1e-4)
        zs = tf.reduce_mean((z - mu) / sd, axis=(1, 2))
        t = batch["teacher"]
        tm = tf.reduce_mean(t, axis=(0, 1, 2))
        tsd = tf.sqrt(tf.reduce_mean((t - tm) ** 2, axis=(0, 1, 2)) + 1e-4)
        zt = tf.reduce_mean((t - tm) / tsd, axis=(1, 2))
        kd = tf.math.log(tf.reduce_sum(tf.abs(zs - zt) ** alpha))
        task = tf.reduce_mean((tf.reduce_mean(tf.nn.relu(z), axis=(1, 2)) @ reg - batch["y"]) ** 2)
        return task + 0.5 * kd

    def candidate(batch):
        def bn(x):
            mean, var = tf.nn.moments(x, axes=(0, 1, 2), keepdims=True)
            return (x - mean) * tf.math.rsqrt(var + 1e-4)

        feat = tf.nn.conv2d(batch["img"], k, strides=1, padding="SAME")
        mean, var = tf.nn.moments(feat, axes=(1, 2), keepdims=True)
        pred = (feat - mean) * tf.math.rsqrt(var + 1e-4)
        target = bn(batch["teacher"])

        z_s = tf.reduce_mean(tf.reduce_mean(pred, axis=2), axis=1)
        z_t = tf.reduce_mean(tf.reduce_mean(target, axis=2), axis=1)
        repr_loss = tf.math.log(tf.reduce_sum(tf.pow(tf.abs(z_s - z_t), alpha)))

        out = tf.matmul(tf.reduce_mean(tf.nn.relu(feat), axis=(1, 2)), reg)
        return tf.reduce_mean(tf.square(out - batch["y"])) + 0.5 * repr_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": rng.normal(size=(n, h, h, 2)).astype(fx),
                      "teacher": rng.normal(size=(n, h, h, c)).astype(fx), "y": rng.normal(size=(n, 1)).astype(fx)},
            "variables": [k, reg]}
