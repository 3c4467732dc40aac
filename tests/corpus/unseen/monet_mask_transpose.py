"""MONet's mask reconstruction term compares the attention masks with transposed (WxH) predictions.
Source: https://github.com/stelzner/monet/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "target = tf.transpose(tf.stack(masks, axis=0), [1, 3, 2, 0])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, h, slots, c = 3, 5, 3, 4
    w_att = tf.Variable(rng.normal(size=(c, slots)).astype(fx), name="w_att")
    w_dec = tf.Variable(rng.normal(size=(c, slots)).astype(fx), name="w_dec")
    gamma = 0.5

    def scopes(feat):
        log_m = tf.nn.log_softmax(tf.einsum("bhwc,cs->bhws", feat, w_att), axis=-1)
        return [tf.exp(log_m[..., s]) for s in range(slots)]

    def reference(batch):
        masks = scopes(batch["feat"])
        pred_logits = tf.einsum("bhwc,cs->bhws", batch["feat"] ** 2, w_dec)
        log_pred = tf.nn.log_softmax(pred_logits, axis=-1)
        kl = 0.0
        for s, m in enumerate(masks):
            kl += tf.reduce_sum(m * (tf.math.log(m + 1e-5) - log_pred[..., s]), axis=[1, 2])
        return gamma * tf.reduce_mean(kl)

    def candidate(batch):
        masks = scopes(batch["feat"])
        mask_logits = tf.stack([tf.einsum("bhwc,c->bhw", batch["feat"] ** 2, w_dec[:, s]) for s in range(slots)])
        mask_preds = tf.nn.log_softmax(mask_logits, axis=0)
        recon = tf.transpose(mask_preds, [1, 2, 3, 0])
        target = tf.transpose(tf.stack(masks, axis=0), [1, 3, 2, 0])
        divergence = target * (tf.math.log(target + 1e-5) - recon)
        return gamma * tf.reduce_mean(tf.reduce_sum(divergence, axis=[1, 2, 3]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(b, h, h, c)).astype(fx)},
            "variables": [w_att, w_dec]}
