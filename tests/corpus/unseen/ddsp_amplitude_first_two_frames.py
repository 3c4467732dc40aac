"""Wrong: the squared amplitude indexes the frame axis (frames 0 and 1) instead of the real/imaginary axis.

Source (real): https://github.com/acids-ircam/ddsp_pytorch/issues/3
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "return x[:, :, 0] ** 2 + x[:, :, 1] ** 2",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, L, K = 6, 64, 4
    amp = tf.Variable(rng.normal(0, 0.5, (5, K)).astype("float32"), name="amp_w")
    noise_w = tf.Variable(rng.normal(0, 0.3, (5, L)).astype("float32"), name="noise_w")
    t = np.arange(L) / L
    bank = tf.constant(np.stack([np.sin(2 * np.pi * (3 * k + 2) * t) for k in range(K)]).astype("float32"))
    batch = {
        "cond": rng.normal(size=(n, 5)).astype("float32"),
        "audio": rng.normal(size=(n, L)).astype("float32"),
    }
    scales = [16, 8]

    def synth(cond):
        return tf.nn.softplus(cond @ amp) @ bank + 0.5 * tf.tanh(cond @ noise_w)

    def reference(b):
        x, y = synth(b["cond"]), b["audio"]
        loss = 0.0
        for s in scales:
            sx = tf.abs(tf.signal.stft(x, s, s // 2)) ** 2
            sy = tf.abs(tf.signal.stft(y, s, s // 2)) ** 2
            loss += tf.reduce_mean(tf.abs(sx - sy))
            loss += tf.reduce_mean(tf.abs(tf.math.log(sx + 1e-2) - tf.math.log(sy + 1e-2)))
        return loss

    def stft_parts(x, s):
        spec = tf.transpose(tf.signal.stft(x, s, s // 2), [0, 2, 1])
        return tf.stack([tf.math.real(spec), tf.math.imag(spec)], axis=-1)

    def amp_sq(x):
        return x[:, :, 0] ** 2 + x[:, :, 1] ** 2

    def candidate(b):
        audio = synth(b["cond"])
        linear, logs = [], []
        for s in scales:
            cur = amp_sq(stft_parts(audio, s))
            orig = amp_sq(stft_parts(b["audio"], s))
            linear.append(tf.reduce_mean(tf.abs(cur - orig)))
            logs.append(tf.reduce_mean(tf.abs(tf.math.log(cur + 1e-2) - tf.math.log(orig + 1e-2))))
        return tf.add_n(linear) + tf.add_n(logs)

    return {"variables": [amp, noise_w], "batch": batch, "reference": reference, "candidate": candidate}
