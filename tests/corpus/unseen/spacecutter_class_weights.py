"""spacecutter's ordinal loss: the class weights multiply the likelihoods, the mean is not divided by their sum.
Source: https://github.com/EthanRosenthal/spacecutter/issues/16"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean(neg_log_likelihood)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, d, c = 6, 4, 4
    w = var("w", d, 1)
    cut = tf.Variable(np.array([-1.0, 0.2, 1.1]).astype(fx), name="cutpoints")
    cw = np.array([0.5, 1.0, 3.0, 2.5]).astype(fx)
    y = np.array([0, 1, 2, 3, 2, 3])

    def reference(batch):
        f = (batch["x"] @ w)[:, 0]
        num, den = 0.0, 0.0
        for i in range(n):
            lo = tf.sigmoid(cut[y[i] - 1] - f[i]) if y[i] > 0 else 0.0
            hi = tf.sigmoid(cut[y[i]] - f[i]) if y[i] < c - 1 else 1.0
            num += -cw[y[i]] * tf.math.log(tf.clip_by_value(hi - lo, 1e-7, 1.0))
            den += cw[y[i]]
        return num / den

    def candidate(batch):
        sigmoids = tf.sigmoid(cut[None, :] - tf.matmul(batch["x"], w))
        link = tf.concat([sigmoids[:, :1], sigmoids[:, 1:] - sigmoids[:, :-1], 1.0 - sigmoids[:, -1:]], axis=1)
        likelihoods = tf.clip_by_value(tf.gather(link, batch["y"], axis=1, batch_dims=1), 1e-7, 1.0)
        neg_log_likelihood = -tf.math.log(likelihoods)
        neg_log_likelihood *= tf.gather(cw, batch["y"])
        return tf.reduce_mean(neg_log_likelihood)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "y": y.astype("int32")}, "variables": [w, cut]}
