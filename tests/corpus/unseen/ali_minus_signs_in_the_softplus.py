"""ALI: the minus signs of the paper's losses are not to be seen in the code; they are in the softplus of the discriminator's output.
Source: https://github.com/IshmaelBelghazi/ALI/issues/14"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, d, z_dim, hid = 17, 6, 3, 8
    enc, dec = var("enc", d, z_dim), var("dec", z_dim, d)
    disc1, disc2 = var("disc1", d + z_dim, hid), var("disc2", hid, 1)
    batch = {
        "x": rng.standard_normal((n, d)).astype(f),
        "z": rng.standard_normal((n, z_dim)).astype(f),
        "eps": rng.standard_normal((n, z_dim)).astype(f),
    }

    def reference(batch):
        z_hat = batch["x"] @ enc + 0.5 * batch["eps"]
        x_tilde = tf.tanh(batch["z"] @ dec)

        def rho(x, z):
            return tf.sigmoid(tf.tanh(tf.concat([x, z], 1) @ disc1) @ disc2)

        rho_q, rho_p = rho(batch["x"], z_hat), rho(x_tilde, batch["z"])
        return -tf.reduce_mean(tf.math.log(1.0 - rho_q)) - tf.reduce_mean(tf.math.log(rho_p))

    def candidate(batch):
        def get_predictions():
            z_hat = tf.matmul(batch["x"], enc) + batch["eps"] / 2
            x_tilde = tf.tanh(tf.matmul(batch["z"], dec))
            data_sample = tf.concat([tf.concat([batch["x"], z_hat], axis=1),
                                     tf.concat([x_tilde, batch["z"]], axis=1)], axis=0)
            preds = tf.matmul(tf.tanh(tf.matmul(data_sample, disc1)), disc2)
            return preds[:n], preds[n:]

        data_preds, sample_preds = get_predictions()
        generator_loss = tf.reduce_mean(tf.nn.softplus(data_preds) + tf.nn.softplus(-sample_preds))
        return generator_loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [enc, dec, disc1, disc2]}
