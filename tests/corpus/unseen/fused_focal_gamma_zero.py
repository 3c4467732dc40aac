"""A fused sigmoid focal loss with its own backward: with gamma 0 and a saturated logit on the right side it forms
0 ** (gamma - 1) and 0 * inf.
Source: https://github.com/facebookresearch/sam3/issues/575"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'd_mod = gamma * tf.pow(one_minus_pt, gamma - 1.0)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d = 18, 4
    feats = rng.normal(size=(n, d)).astype(f)
    feats[:, 0] = 0.0
    feats[:2, 0] = 90.0
    presence = rng.integers(0, 2, size=(n,)).astype(f)
    presence[:2] = 1.0
    p0 = rng.normal(size=(d,)) * 0.4
    p0[0] = 1.0
    probe = tf.Variable(p0.astype(f), name="probe")

    def reference(batch):
        logit = tf.reduce_sum(batch["feats"] * probe, axis=1)
        y = batch["presence"]
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logit)
        return tf.reduce_mean((0.6 * y + 0.4 * (1.0 - y)) * bce)

    def candidate(batch):
        alpha, gamma = 0.6, 0.0

        def fused_focal(targets):
            alpha_t = tf.where(targets > 0.5, alpha, 1.0 - alpha)
            alpha_t = tf.cast(alpha_t, f)

            @tf.custom_gradient
            def kernel(inputs):
                p = tf.sigmoid(inputs)
                pt = tf.where(targets > 0.5, p, 1.0 - p)
                one_minus_pt = 1.0 - pt
                ce = tf.nn.softplus(inputs) - inputs * targets
                out = alpha_t * tf.pow(one_minus_pt, gamma) * ce

                def backward(dout):
                    sign = 2.0 * targets - 1.0
                    d_mod = gamma * tf.pow(one_minus_pt, gamma - 1.0)
                    dpt = sign * p * (1.0 - p)
                    return dout * alpha_t * (tf.pow(one_minus_pt, gamma) * (p - targets) - d_mod * dpt * ce)

                return out, backward

            return kernel

        logit = tf.linalg.matvec(batch["feats"], probe)
        return tf.reduce_mean(fused_focal(batch["presence"])(logit))

    return {"reference": reference, "candidate": candidate, "batch": {"feats": feats, "presence": presence}, "variables": [probe]}
