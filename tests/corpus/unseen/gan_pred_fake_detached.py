"""In the generator's step the prediction on the fake is detached, so that the adversarial term updates
nothing. Source: https://github.com/wangle53/CSA-CDGAN/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'pred_fake = tf.stop_gradient(fake @ disc)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    n, d, e = 5, 4, 3
    x_np = normal(n, d)
    gt = normal(n, e)
    changed = np.array([1, 0, 1, 1, 0]).astype(fx)
    gen = var("gen", d, e)
    disc = normal(e, 1)

    def reference(batch):
        adv, rec = 0.0, 0.0
        for i in range(n):
            fake = tf.tanh(tf.linalg.matvec(gen, batch["x"][i], transpose_a=True))
            adv += tf.nn.softplus(-tf.reduce_sum(fake * disc[:, 0])) / n
            rec += batch["changed"][i] * tf.reduce_mean((fake - batch["gt"][i]) ** 2)
        return adv + rec / tf.reduce_sum(batch["changed"])

    def candidate(batch):
        fake = tf.tanh(tf.matmul(batch["x"], gen))
        pred_fake = tf.stop_gradient(fake @ disc)
        err_adv = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.ones_like(pred_fake), logits=pred_fake))
        l2 = tf.reduce_mean(tf.square(fake - batch["gt"]), axis=1)
        err_con = tf.reduce_sum(l2 * batch["changed"]) / tf.reduce_sum(batch["changed"])
        return err_adv + err_con

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x_np, "gt": gt, "changed": changed}, "variables": [gen]}
