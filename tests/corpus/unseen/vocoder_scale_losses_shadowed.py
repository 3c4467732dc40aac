"""Unpacking into the accumulators' own names overwrites them: the sum over discriminator scales becomes twice the last scale.

Source (real): https://github.com/mozilla/TTS/pull/797
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'real_loss, fake_loss = hinge_pair(sr, sf)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, scales = 8, 32, 3
    filters = [tf.Variable(rng.normal(size=(5, 1, 4)).astype("float32") * 0.4, name=f"scale{i}_conv") for i in range(scales)]
    heads = [tf.Variable(rng.normal(size=(4,)).astype("float32") * 0.5, name=f"scale{i}_head") for i in range(scales)]
    batch = {
        "real": rng.normal(size=(n, t)).astype("float32"),
        "fake": (rng.normal(size=(n, t)) * 0.5).astype("float32"),
    }

    def discriminate(wav):
        scores, x = [], wav[:, :, None]
        for f, h in zip(filters, heads):
            hidden = tf.nn.leaky_relu(tf.nn.conv1d(x, f, stride=1, padding="SAME"), 0.2)
            scores.append(tf.einsum("ntc,c->nt", hidden, h))
            x = tf.nn.avg_pool1d(x, 2, 2, "SAME")
        return scores

    def hinge_pair(sr, sf):
        return tf.reduce_mean(tf.nn.relu(1.0 - sr)), tf.reduce_mean(tf.nn.relu(1.0 + sf))

    def reference(b):
        real_loss, fake_loss = 0.0, 0.0
        for sr, sf in zip(discriminate(b["real"]), discriminate(b["fake"])):
            cur_real, cur_fake = hinge_pair(sr, sf)
            real_loss += cur_real
            fake_loss += cur_fake
        return real_loss + fake_loss

    def candidate(b):
        scores_real = discriminate(b["real"])
        scores_fake = discriminate(b["fake"])
        real_loss, fake_loss = 0.0, 0.0
        for sr, sf in zip(scores_real, scores_fake):
            real_loss, fake_loss = hinge_pair(sr, sf)
            real_loss += real_loss
            fake_loss += fake_loss
        return real_loss + fake_loss

    return {"variables": filters + heads, "batch": batch, "reference": reference, "candidate": candidate}
