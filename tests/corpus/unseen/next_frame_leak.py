"""Next-frame prediction: the last convolution over time pads both sides, so the prediction sees the frame that it should predict.
Source: https://github.com/keras-team/keras-io/issues/1003"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'logits = tf.nn.conv1d(features, conv, stride=1, padding="SAME")',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, h = 4, 6, 3, 5
    wx = tf.Variable((0.6 * rng.standard_normal((d, h))).astype(f), name="wx")
    wh = tf.Variable((0.5 * rng.standard_normal((h, h))).astype(f), name="wh")
    conv = tf.Variable((0.5 * rng.standard_normal((3, h, d))).astype(f), name="conv")
    cb = tf.Variable((0.2 * rng.standard_normal(d)).astype(f), name="conv_bias")

    def reference(batch):
        frames, nxt = batch["video"][:, :-1], batch["video"][:, 1:]
        state, hist = tf.zeros((n, h), wx.dtype), [tf.zeros((n, h), wx.dtype)] * 2
        loss = 0.0
        for i in range(t):
            state = tf.tanh(frames[:, i] @ wx + state @ wh)
            hist.append(state)
            z = hist[-3] @ conv[0] + hist[-2] @ conv[1] + hist[-1] @ conv[2] + cb
            loss += tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(nxt[:, i], z))
        return loss / t

    def candidate(batch):
        def create_shifted_frames(data):
            return data[:, : data.shape[1] - 1], data[:, 1:]

        def recurrent(x):
            state, seq = tf.zeros((x.shape[0], h), x.dtype), []
            for step in tf.unstack(x, axis=1):
                state = tf.tanh(step @ wx + state @ wh)
                seq.append(state)
            return tf.stack(seq, axis=1)

        x, y = create_shifted_frames(batch["video"])
        features = recurrent(x)
        logits = tf.nn.conv1d(features, conv, stride=1, padding="SAME")
        logits = tf.nn.bias_add(logits, cb)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits)
        return tf.reduce_mean(bce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"video": rng.uniform(0, 1, (n, t + 1, d)).astype(f)},
            "variables": [wx, wh, conv, cb]}
