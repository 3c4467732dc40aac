"""CipherGAN: tf.gradients returns a list, convert_to_tensor makes it (1, B, L, D), and the norm is then taken over axes [1, 2] = batch and length instead of length and features. Source: https://github.com/Cohere-Labs-Community/CipherGAN/issues/4"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "l2_loss = tf.sqrt(tf.reduce_sum(tf.convert_to_tensor(discrim_A_grads) ** 2, axis=[1, 2]))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, length, d = 5, 6, 4
    wasserstein_loss = 10.0
    discriminator = tf.keras.Sequential([
        tf.keras.layers.Input((length, d)),
        tf.keras.layers.Conv1D(8, 3, padding="same", activation="tanh"),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(1),
    ])

    def sample_along_line(A_true, A_fake, alpha):
        return A_true + alpha * (A_fake - A_true)

    def critic_terms(batch):
        return tf.reduce_mean(discriminator(batch["fake"])) - tf.reduce_mean(discriminator(batch["real"]))

    def reference(batch):
        interp = sample_along_line(batch["real"], batch["fake"], batch["alpha"])
        with tf.GradientTape() as inner:
            inner.watch(interp)
            out = discriminator(interp)
        g = inner.gradient(out, interp)
        norms = tf.norm(tf.reshape(g, [n, -1]), axis=1)
        return critic_terms(batch) + wasserstein_loss * tf.reduce_mean((norms - 1.0) ** 2)

    def wasserstein_penalty(A_true, A_fake, alpha):
        A_interp = sample_along_line(A_true, A_fake, alpha)
        with tf.GradientTape() as tape:
            tape.watch(A_interp)
            discrim_A_interp = discriminator(A_interp)
        discrim_A_grads = tape.gradient(discrim_A_interp, [A_interp])
        l2_loss = tf.sqrt(tf.reduce_sum(tf.convert_to_tensor(discrim_A_grads) ** 2, axis=[1, 2]))
        return wasserstein_loss * tf.reduce_mean((l2_loss - 1) ** 2)

    def candidate(batch):
        return critic_terms(batch) + wasserstein_penalty(batch["real"], batch["fake"], batch["alpha"])

    one_hot = np.eye(d, dtype=np.float32)[rng.integers(0, d, size=(n, length))]
    logits = rng.normal(size=(n, length, d))
    batch = {
        "real": one_hot,
        "fake": (np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)).astype(np.float32),
        "alpha": rng.uniform(size=(n, 1, 1)).astype(np.float32),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": discriminator.trainable_variables}
