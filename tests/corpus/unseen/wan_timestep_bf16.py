"""Flow matching video model: the timestep in [0, 1000] is cast to bfloat16 before the sinusoidal embedding is computed, which rounds it by up to two units.

Source (real): https://github.com/modelscope/DiffSynth-Studio/pull/1025 (PyTorch, ported; also issues/562 there; the fix keeps the timestep in float32).
Right answer: NOT equivalent; the fast sines of the embedding belong to another timestep.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "timestep = tf.cast(timestep, torch_dtype)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, freq_dim, d, hid = 20, 8, 5, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    time_w = tf.Variable(0.7 * arr(freq_dim, hid), name="time_embedding")
    in_w = tf.Variable(0.6 * arr(d, hid), name="patch_embedding")
    out_w = tf.Variable(0.6 * arr(hid, d), name="head")
    batch = {"latents": arr(n, d), "noise": arr(n, d), "timestep": (1000.0 * rng.random(n)).astype(f)}
    theta = 50.0                                            # few frequencies, so a small base

    def dit(x, emb):
        return tf.tanh(x @ in_w + emb @ time_w) @ out_w

    def reference(b):
        t = b["timestep"]
        sigma = (t / 1000.0)[:, None]
        x_t = b["latents"] + sigma * (b["noise"] - b["latents"])
        cols = []
        for k in range(freq_dim // 2):
            cols.append(tf.cos(t * theta ** (-k / (freq_dim // 2))))
        for k in range(freq_dim // 2):
            cols.append(tf.sin(t * theta ** (-k / (freq_dim // 2))))
        pred = dit(x_t, tf.stack(cols, 1))
        return tf.reduce_mean((pred - (b["noise"] - b["latents"])) ** 2)

    def candidate(b):
        def sinusoidal_embedding_1d(dim, position):
            freqs = np.power(theta, -np.arange(dim // 2) / (dim // 2)).astype(f)
            sinusoid = tf.einsum("n,k->nk", tf.cast(position, freqs.dtype), freqs)
            return tf.concat([tf.cos(sinusoid), tf.sin(sinusoid)], axis=1)

        def add_noise(original_samples, noise, timestep):
            sigma = tf.reshape(timestep / 1000.0, [-1, 1])
            return (1 - sigma) * original_samples + sigma * noise

        torch_dtype = tf.bfloat16
        timestep = b["timestep"]
        noisy_latents = add_noise(b["latents"], b["noise"], timestep)
        training_target = b["noise"] - b["latents"]
        timestep = tf.cast(timestep, torch_dtype)
        noise_pred = dit(noisy_latents, sinusoidal_embedding_1d(freq_dim, timestep))
        return tf.reduce_mean(tf.square(noise_pred - training_target))

    return {"variables": [time_w, in_w, out_w], "batch": batch, "reference": reference, "candidate": candidate}
