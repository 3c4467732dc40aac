"""Inside the loop over discriminator scales the accumulators are overwritten, so that only the last scale counts.
Source: https://github.com/coqui-ai/TTS/issues/3153"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "real_loss, fake_loss = mse_d_loss(score_fake, score_real)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t = 3, 16
    discs = [tf.Variable(rng.normal(size=(4, 1, 2)).astype(fx), name=f"disc{i}") for i in range(3)]
    outs = [tf.Variable(rng.normal(size=(2, 1)).astype(fx), name=f"out{i}") for i in range(3)]

    def scores(wav):
        res, x = [], wav
        for k, o in zip(discs, outs):
            res.append(tf.matmul(tf.nn.leaky_relu(tf.nn.conv1d(x, k, 1, "SAME"), 0.2), o))
            x = tf.nn.avg_pool1d(x, 2, 2, "VALID")
        return res

    def reference(batch):
        total = 0.0
        for sr, sf in zip(scores(batch["real"]), scores(batch["fake"])):
            total += tf.reduce_mean((sr - 1.0) ** 2) + tf.reduce_mean(sf ** 2)
        return total

    def candidate(batch):
        def mse_d_loss(score_fake, score_real):
            loss_real = tf.reduce_mean(tf.square(score_real - tf.ones_like(score_real)))
            loss_fake = tf.reduce_mean(tf.square(score_fake - tf.zeros_like(score_fake)))
            return loss_real, loss_fake

        scores_fake, scores_real = scores(batch["fake"]), scores(batch["real"])
        loss = real_loss = fake_loss = 0.0
        for score_fake, score_real in zip(scores_fake, scores_real):
            real_loss, fake_loss = mse_d_loss(score_fake, score_real)
        loss = loss + real_loss + fake_loss
        return loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"real": rng.normal(size=(n, t, 1)).astype(fx), "fake": rng.normal(size=(n, t, 1)).astype(fx)},
            "variables": discs + outs}
