"""The feature matching term of the generator loss is never used, as its guard is false for every non-empty list.
Source: https://github.com/coqui-ai/TTS/issues/419"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "if use_feat_match_loss and not feats_fake:",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, m = 3, 12, 4
    gen = tf.Variable((rng.normal(size=(3, m, 1)) / 2).astype(fx), name="gen")
    d1 = tf.constant(rng.normal(size=(3, 1, 3)).astype(fx))
    d2 = tf.constant(rng.normal(size=(3, 3, 2)).astype(fx))
    use_feat_match_loss, feat_weight, adv_weight = True, 10.0, 2.5

    def disc(x):
        f1 = tf.nn.leaky_relu(tf.nn.conv1d(x, d1, 1, "SAME"), 0.2)
        f2 = tf.nn.leaky_relu(tf.nn.conv1d(f1, d2, 2, "SAME"), 0.2)
        return tf.reduce_mean(f2, axis=-1), [f1, f2]

    def reference(batch):
        wav = tf.tanh(tf.nn.conv1d(batch["mel"], gen, 1, "SAME"))
        score, ff = disc(wav)
        _, fr = disc(batch["wav"])
        adv = adv_weight * tf.reduce_mean((score - 1.0) ** 2)
        fm = sum(tf.reduce_mean(tf.abs(a - b)) for a, b in zip(ff, fr)) / len(ff)
        return adv + feat_weight * fm

    def candidate(batch):
        y_hat = tf.tanh(tf.nn.conv1d(batch["mel"], gen, 1, "SAME"))
        scores_fake, feats_fake = disc(y_hat)
        _, feats_real = disc(batch["wav"])
        return_dict = {}
        return_dict["adv"] = adv_weight * tf.reduce_mean(tf.square(scores_fake - tf.ones_like(scores_fake)))
        if use_feat_match_loss and not feats_fake:
            loss_feats, num_feats = 0.0, 0
            for fake, real in zip(feats_fake, feats_real):
                loss_feats = loss_feats + tf.reduce_mean(tf.abs(fake - real))
                num_feats += 1
            return_dict["feat"] = feat_weight * loss_feats / num_feats
        return tf.add_n(list(return_dict.values()))

    return {"reference": reference, "candidate": candidate,
            "batch": {"mel": rng.normal(size=(n, t, m)).astype(fx), "wav": rng.normal(size=(n, t, 1)).astype(fx)},
            "variables": [gen]}
