"""Thread: the poster says that the SNR weight alpha_t/(1-alpha_t) of the unconditional example is the wrong way round: the weight should be
large when t is large (SNR small). Source: https://github.com/huggingface/diffusers/issues/1733"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "snr_weights = alpha_t / (1 - alpha_t)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, h, c, T = 5, 3, 2, 20
    k = tf.Variable(rng.normal(size=(3, 3, c, c)).astype(fx) * 0.4, name="unet_k")
    emb = tf.Variable(rng.normal(size=(T, c)).astype(fx) * 0.3, name="time_emb")
    abar = np.cumprod(1 - np.linspace(0.01, 0.2, T)).astype(fx)

    def reference(batch):
        a = tf.gather(batch["alphas_cumprod"], batch["t"])
        total = 0.0
        for i in range(n):
            noisy = tf.sqrt(a[i]) * batch["clean"][i] + tf.sqrt(1 - a[i]) * batch["noise"][i]
            out = tf.nn.conv2d(noisy[None], k, 1, "SAME")[0] + emb[int(batch["t"][i])]
            snr = a[i] / (1 - a[i])
            total += tf.reduce_mean((out - batch["clean"][i]) ** 2) / snr
        return total / n

    def candidate(batch):
        clean_images, timesteps, noise = batch["clean"], batch["t"], batch["noise"]

        def extract(arr, idx):
            return tf.reshape(tf.gather(arr, idx), (-1, 1, 1, 1))

        alpha_t = extract(batch["alphas_cumprod"], timesteps)
        noisy_images = tf.sqrt(alpha_t) * clean_images + tf.sqrt(1 - alpha_t) * noise

        model_output = tf.nn.conv2d(noisy_images, k, strides=1, padding="SAME")
        model_output += tf.gather(emb, timesteps)[:, None, None, :]

        snr_weights = alpha_t / (1 - alpha_t)
        loss = snr_weights * tf.square(model_output - clean_images)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"clean": rng.normal(size=(n, h, h, c)).astype(fx), "noise": rng.normal(size=(n, h, h, c)).astype(fx),
                      "t": np.array([1, 5, 9, 14, 19]), "alphas_cumprod": abar},
            "variables": [k, emb]}
