"""The KL term of a sequence VAE is averaged over batch and latent dims; it should be summed over
the latent dims and averaged over the batch. Source: https://github.com/oriondollar/TransVAE/pull/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "kld = -0.5 * tf.reduce_mean(1 + logvar - mu ** 2 - tf.exp(logvar))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    b, t, v, d, z = 4, 6, 7, 5, 4
    emb = var("emb", v, d)
    w_mu, w_lv, w_dec = var("w_mu", d, z), var("w_lv", d, z), var("w_dec", z, t * v)
    x = rng.integers(1, v, (b, t))
    x[1, 4:] = 0
    x[3, 5:] = 0
    batch = {"smiles": x.astype("int32"), "noise": rng.standard_normal((b, z)).astype(fx),
             "beta": np.array(0.6, dtype=fx)}

    def encode(tokens):
        h = tf.reduce_mean(tf.gather(emb, tokens), axis=1)
        return h @ w_mu, h @ w_lv

    def reference(batch):
        mean, log_variance = encode(batch["smiles"])
        code = mean + batch["noise"] * tf.exp(log_variance / 2)
        scores = tf.reshape(code @ w_dec, (b, t, v))
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["smiles"], scores)
        real = tf.cast(batch["smiles"] != 0, nll.dtype)
        bce = tf.reduce_sum(nll * real) / tf.reduce_sum(real)
        per_molecule = tf.reduce_sum(tf.exp(log_variance) + tf.square(mean) - 1 - log_variance, axis=1) / 2
        return bce + batch["beta"] * tf.reduce_mean(per_molecule)

    def candidate(batch):
        tokens, beta = batch["smiles"], batch["beta"]
        mu, logvar = encode(tokens)
        z_sample = mu + batch["noise"] * tf.exp(0.5 * logvar)
        logits = tf.reshape(z_sample @ w_dec, (-1, v))
        targets = tf.reshape(tokens, (-1,))
        keep = targets != 0
        bce = tf.reduce_mean(
            keras.losses.sparse_categorical_crossentropy(
                tf.boolean_mask(targets, keep), tf.boolean_mask(logits, keep), from_logits=True))
        kld = -0.5 * tf.reduce_mean(1 + logvar - mu ** 2 - tf.exp(logvar))
        return bce + beta * kld

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [emb, w_mu, w_lv, w_dec]}
