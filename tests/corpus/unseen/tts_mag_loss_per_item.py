"""STFT loss (TensorFlowTTS): the log-magnitude loss is not divided by the number of elements; it returns one value per utterance.

Source (real): https://github.com/TensorSpeech/TensorFlowTTS/issues/484 (TensorFlow; the answer: the trainer takes the mean anyway).
Right answer: EQUIVALENT to the L1 mean over all elements of ParallelWaveGAN; utterances are segments of equal length.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, samples, taps = 13, 32, 3
    resolutions = [(8, 4), (16, 8)]

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    fir = tf.Variable((np.array([0.1, 0.9, 0.2]) + 0.1 * arr(taps)).astype(f), name="vocoder_fir")
    gain = tf.Variable(np.asarray(0.8, f), name="vocoder_gain")
    batch = {"noise": arr(n, samples), "audio": arr(n, samples)}

    def generate(x):
        pad = tf.pad(x, [[0, 0], [1, 1]])
        return gain * tf.add_n([fir[k] * pad[:, k : k + samples] for k in range(taps)])

    def basis(size):
        k = np.arange(size // 2 + 1)[:, None] * np.arange(size)[None] * 2.0 * np.pi / size
        win = 0.5 - 0.5 * np.cos(2.0 * np.pi * (np.arange(size) + 0.5) / size)
        return (np.cos(k) * win).T.astype(f), (np.sin(k) * win).T.astype(f)

    def magnitude(x, size, hop):
        frames = tf.stack([x[:, s : s + size] for s in range(0, samples - size + 1, hop)], 1)
        re, im = basis(size)
        return tf.sqrt(tf.maximum(tf.square(frames @ re) + tf.square(frames @ im), 1e-7))

    def reference(b):
        # ParallelWaveGAN: F.l1_loss(torch.log(y_mag), torch.log(x_mag))
        fake = generate(b["noise"])
        total = 0.0
        for size, hop in resolutions:
            a, c = magnitude(fake, size, hop), magnitude(b["audio"], size, hop)
            elements = a.shape[0] * a.shape[1] * a.shape[2]
            total += tf.reduce_sum(tf.abs(tf.math.log(a / c))) / elements
        return total / len(resolutions)

    def candidate(b):
        class TFLogSTFTMagnitude(keras.layers.Layer):
            def call(self, y_mag, x_mag):
                log_y_mag = tf.math.log(y_mag)
                log_x_mag = tf.math.log(x_mag)
                abs_log = tf.abs(log_x_mag - log_y_mag)
                return tf.reduce_mean(abs_log, axis=list(range(1, len(abs_log.shape))))

        def compute_per_example_losses(y, y_hat):
            per_example = 0.0
            for frame_length, frame_step in resolutions:
                x_mag = magnitude(y_hat, frame_length, frame_step)
                y_mag = magnitude(y, frame_length, frame_step)
                per_example += TFLogSTFTMagnitude()(y_mag, x_mag)
            return per_example / len(resolutions)

        per_example_losses = compute_per_example_losses(b["audio"], generate(b["noise"]))
        # trainer: tf.nn.compute_average_loss
        return tf.nn.compute_average_loss(per_example_losses, global_batch_size=b["audio"].shape[0])

    return {"variables": [fir, gain], "batch": batch, "reference": reference, "candidate": candidate}
