"""The STFT loss of a diffusion vocoder compares linear mel magnitudes, where it was meant to compare log-mel
spectrograms, so quiet bands hardly count.
Source: https://github.com/revsic/torch-diffusion-wavegan/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return tf.matmul(self.magnitude(frames), melfilter)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, length, win, hop, mels, cond = 12, 32, 8, 4, 3, 5
    w = keras.Variable((0.4 * rng.standard_normal((cond, length))).astype(f), name="vocoder_w")
    b = keras.Variable((0.1 * rng.standard_normal(length)).astype(f), name="vocoder_b")
    k, t = np.arange(win // 2 + 1)[:, None], np.arange(win)[None]
    cos, sin = np.cos(2 * np.pi * k * t / win).T.astype(f), np.sin(2 * np.pi * k * t / win).T.astype(f)
    window = np.hanning(win + 2)[1:-1].astype(f)
    melfilter = rng.uniform(0.05, 1.0, (win // 2 + 1, mels)).astype(f)
    batch = {"cond": rng.standard_normal((n, cond)).astype(f), "wav": (0.5 * rng.standard_normal((n, length))).astype(f)}

    def reference(batch):
        def logmel(wave):
            cols = []
            for s in range(0, length - win + 1, hop):
                seg = wave[:, s:s + win] * window
                mag = tf.sqrt((seg @ cos) ** 2 + (seg @ sin) ** 2 + 1e-6)
                cols.append(tf.math.log(mag @ melfilter + 1e-5))
            return tf.stack(cols, axis=1)

        fake = tf.tanh(batch["cond"] @ w + b)
        return tf.reduce_mean(tf.square(logmel(fake) - logmel(batch["wav"])))

    def candidate(batch):
        class MelSTFT:
            def magnitude(self, frames):
                frames = frames * window
                real, imag = tf.matmul(frames, cos), tf.matmul(frames, sin)
                return tf.sqrt(tf.square(real) + tf.square(imag) + 1e-6)

            def __call__(self, audio):
                frames = tf.signal.frame(audio, win, hop)
                return tf.matmul(self.magnitude(frames), melfilter)

        def generator(mel):
            return keras.activations.tanh(tf.matmul(mel, w) + b)

        melspec = MelSTFT()
        estim, target = melspec(generator(batch["cond"])), melspec(batch["wav"])
        return keras.ops.mean((estim - target) ** 2)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
