"""Remote heart-rate measurement: the weighted heart-rate term adds the noise losses (loss_fn*) in place of the loss_fhr* ones.

Source (real): https://github.com/nxsEdson/CVD-Physiological-Measurement/issues/2 (PyTorch, ported; a copy-and-paste slip).
Right answer: NOT equivalent; the cross heart-rate losses have no part in the total.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss = loss + lambda_fhr * (loss_fn1 + loss_fn2) / 2",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, feat = 16, 8, 5
    lambda_hr, lambda_fhr, lambda_fn = 1.0, 2.0, 0.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc_hr = tf.Variable(0.5 * arr(d, feat), name="enc_hr")
    enc_noise = tf.Variable(0.5 * arr(d, feat), name="enc_noise")
    dec = tf.Variable(0.5 * arr(2 * feat, d), name="decoder")
    hr_head = tf.Variable(0.5 * arr(feat, 1), name="hr_head")
    batch = {"map1": arr(n, d), "map2": arr(n, d), "hr1": arr(n, 1), "hr2": arr(n, 1)}

    def encode(x):
        return tf.tanh(x @ enc_hr), tf.tanh(x @ enc_noise)

    def decode(hr, noise):
        return tf.concat([hr, noise], -1) @ dec

    def l1(a, b):
        return tf.reduce_mean(tf.abs(a - b))

    def reference(b):
        maps, rates = [b["map1"], b["map2"]], [b["hr1"], b["hr2"]]
        codes = [encode(x) for x in maps]
        total = 0.0
        for i in (0, 1):
            j = 1 - i
            total += lambda_hr * l1(codes[i][0] @ hr_head, rates[i]) / 2.0
            # a pseudo map with the heart rate of i and the noise of j, encoded again
            again_hr, again_noise = encode(decode(codes[i][0], codes[j][1]))
            total += lambda_fhr * l1(again_hr, codes[i][0]) / 2.0
            total += lambda_fn * l1(again_noise, codes[j][1]) / 2.0
        return total

    def candidate(b):
        feat_hr1, feat_n1 = encode(b["map1"])
        feat_hr2, feat_n2 = encode(b["map2"])
        hrf1, nf2 = encode(decode(feat_hr1, feat_n2))
        hrf2, nf1 = encode(decode(feat_hr2, feat_n1))

        loss_hr1 = l1(feat_hr1 @ hr_head, b["hr1"])
        loss_hr2 = l1(feat_hr2 @ hr_head, b["hr2"])
        loss_fhr1 = l1(hrf1, feat_hr1)
        loss_fhr2 = l1(hrf2, feat_hr2)
        loss_fn1 = l1(nf1, feat_n1)
        loss_fn2 = l1(nf2, feat_n2)

        loss = lambda_hr * (loss_hr1 + loss_hr2) / 2
        loss = loss + lambda_fhr * (loss_fn1 + loss_fn2) / 2
        loss = loss + lambda_fn * (loss_fn1 + loss_fn2) / 2
        return loss

    variables = [enc_hr, enc_noise, dec, hr_head]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
