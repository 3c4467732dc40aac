"""ACT imitation loss: the L1 of padded actions is zeroed, and the mean still divides by all elements.
Source: https://github.com/huggingface/lerobot/issues/3353"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "l1_loss = keras.ops.mean(abs_err * valid)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, chunk, adim, latent = 16, 7, 5, 3, 4
    decoder = keras.layers.Dense(chunk * adim, name="decoder")
    encoder = keras.layers.Dense(2 * latent, name="vae")
    decoder.build((None, obs + latent))
    encoder.build((None, obs))

    def reference(batch):
        stats = encoder(batch["obs"])
        mu, log_sig2 = stats[:, :latent], stats[:, latent:]
        z = mu + tf.exp(0.5 * log_sig2) * batch["noise"]
        pred = tf.reshape(decoder(tf.concat([batch["obs"], z], 1)), (n, chunk, adim))
        inside = tf.logical_not(batch["is_pad"])
        l1 = tf.reduce_mean(tf.abs(tf.boolean_mask(pred, inside) - tf.boolean_mask(batch["action"], inside)))
        kld = 0.5 * tf.reduce_sum(tf.exp(log_sig2) + mu ** 2 - 1 - log_sig2) / n
        return l1 + 0.1 * kld

    def candidate(batch):
        def forward(b):
            mu, log_sigma_x2 = keras.ops.split(encoder(b["obs"]), 2, axis=-1)
            sample = mu + keras.ops.exp(log_sigma_x2 / 2) * b["noise"]
            actions_hat = decoder(keras.ops.concatenate([b["obs"], sample], axis=-1))
            return keras.ops.reshape(actions_hat, (-1, chunk, adim)), mu, log_sigma_x2

        actions_hat, mu, log_sigma_x2 = forward(batch)
        abs_err = keras.ops.abs(batch["action"] - actions_hat)
        valid = keras.ops.cast(keras.ops.logical_not(batch["is_pad"]), f)[..., None]
        l1_loss = keras.ops.mean(abs_err * valid)
        per_dim = -0.5 * (1 + log_sigma_x2 - mu ** 2 - keras.ops.exp(log_sigma_x2))
        mean_kld = keras.ops.mean(keras.ops.sum(per_dim, axis=-1))
        return l1_loss + 0.1 * mean_kld

    batch = {"obs": rng.normal(size=(n, obs)).astype(f), "action": rng.normal(size=(n, chunk, adim)).astype(f),
             "noise": rng.normal(size=(n, latent)).astype(f),
             "is_pad": np.arange(chunk)[None] >= rng.integers(1, chunk, n)[:, None]}
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": decoder.trainable_variables + encoder.trainable_variables}
