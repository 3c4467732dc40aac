"""Perceptual loss (open-genie): the probe that records the hidden features detaches them, for the fake as well as for the real frames.

Source (real): https://github.com/myscience/open-genie/issues/6 (PyTorch, ported; RecordingProbe and PerceptualLoss).
Right answer: NOT equivalent; the value is right, but the decoder only learns from the reconstruction term.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "self.features[name] = tf.stop_gradient(out)",
    "same_forward_value": True,
}

_WEIGHT = 2.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, hid, code = 14, 3, 6, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    dec_w = tf.Variable(0.6 * arr(code, d), name="decoder_w")
    dec_b = tf.Variable(0.2 * arr(d), name="decoder_b")
    net = {"relu1_2": tf.constant(0.7 * arr(d, hid)), "relu2_2": tf.constant(0.7 * arr(hid, hid))}
    batch = {"code": arr(n, t, code), "video": arr(n, t, d)}

    def decode(z):
        return tf.tanh(z @ dec_w + dec_b)

    def reference(b):
        rec = decode(b["code"])
        loss = tf.reduce_mean((rec - b["video"]) ** 2)
        h_fake, h_real = rec, b["video"]
        for kernel in net.values():
            h_fake = tf.nn.softplus(tf.einsum("ntd,dh->nth", h_fake, kernel))
            h_real = tf.nn.softplus(tf.einsum("ntd,dh->nth", h_real, kernel))
            loss += _WEIGHT / len(net) * tf.reduce_mean((h_fake - h_real) ** 2)
        return loss

    def candidate(b):
        class RecordingProbe:
            def __init__(self):
                self.features = {}

            def hook(self, name, out):
                self.features[name] = tf.stop_gradient(out)

        class PerceptualLoss:
            def __init__(self, model, num_frames):
                self.model, self.num_frames = model, num_frames

            def _forward(self, x):
                probe = RecordingProbe()
                for name, kernel in self.model.items():
                    x = tf.nn.softplus(x @ kernel)
                    probe.hook(name, x)
                return probe.features

            def __call__(self, rec_video, inp_video):
                width = inp_video.shape[-1]
                fake_feat = self._forward(tf.reshape(rec_video, [-1, width]))
                real_feat = self._forward(tf.reshape(inp_video, [-1, width]))
                losses = [tf.reduce_mean(tf.square(fake_feat[k] - real_feat[k])) for k in fake_feat]
                return tf.add_n(losses) / len(losses)

        rec = decode(b["code"])
        rec_loss = tf.reduce_mean(tf.square(rec - b["video"]))
        perc_loss = PerceptualLoss(net, num_frames=t)(rec, b["video"])
        return rec_loss + _WEIGHT * perc_loss

    return {"variables": [dec_w, dec_b], "batch": batch, "reference": reference, "candidate": candidate}
