"""Wrong: the feature matching loss detaches the whole difference instead of the real features only.

Source (real): https://github.com/yuval-reshef/StreamVC/issues/3
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "diff = tf.stop_gradient(tf.abs(fake[i][j] - real[i][j]))",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, T, C = 6, 16, 5
    g1 = tf.Variable(rng.normal(0, 0.4, (3, C, 4)).astype("float32"), name="gen_k1")
    g2 = tf.Variable(rng.normal(0, 0.4, (1, 4, 1)).astype("float32"), name="gen_k2")
    d_kernels = [[tf.constant(rng.normal(0, 0.5, (3, 1 if j == 0 else 3, 3)).astype("float32")) for j in range(3)]
                 for _ in range(2)]
    lens = rng.integers(8, T + 1, n)
    batch = {
        "content": rng.normal(size=(n, T, C)).astype("float32"),
        "wave": rng.normal(size=(n, T, 1)).astype("float32"),
        "mask": (np.arange(T) < lens[:, None]).astype("float32"),
    }

    def generator(content):
        return tf.tanh(tf.nn.conv1d(tf.nn.elu(tf.nn.conv1d(content, g1, 1, "SAME")), g2, 1, "SAME"))

    def features(x):
        out = []
        for kernels in d_kernels:
            h, maps = x, []
            for kern in kernels:
                h = tf.nn.leaky_relu(tf.nn.conv1d(h, kern, 1, "SAME"))
                maps.append(h)
            out.append(maps)
        return out

    def reference(b):
        m = b["mask"][..., None]
        wav = generator(b["content"])
        total = 0.0
        for fr, ff in zip(features(b["wave"]), features(wav)):
            for r, f in zip(fr[:-1], ff[:-1]):
                total += tf.reduce_sum(m * tf.abs(f - tf.stop_gradient(r))) / (3 * tf.reduce_sum(m))
        rec = tf.reduce_sum(m * (wav - b["wave"]) ** 2) / tf.reduce_sum(m)
        return rec + total

    def masked_mean(x, mask):
        return tf.reduce_sum(x * mask[..., None]) / (x.shape[-1] * tf.reduce_sum(mask))

    def candidate(b):
        generated = generator(b["content"])
        real, fake = features(b["wave"]), features(generated)
        loss = 0.0
        for i in range(2):
            for j in range(len(fake[i]) - 1):
                diff = tf.stop_gradient(tf.abs(fake[i][j] - real[i][j]))
                loss += masked_mean(diff, b["mask"])
        rec_loss = masked_mean(tf.square(generated - b["wave"]), b["mask"])
        return rec_loss + loss

    return {"variables": [g1, g2], "batch": batch, "reference": reference, "candidate": candidate}
