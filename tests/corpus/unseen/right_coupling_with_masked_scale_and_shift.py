"""Right: masking s and t inside the coupling net makes the affine map on all of x the paper's masked one.

Source (real): https://github.com/chrischute/real-nvp/issues/4
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, hw, ch, k = 6, 4, 1, 5
    checker = (np.indices((hw, hw)).sum(0) % 2).astype("float32")[None, :, :, None]
    masks = [checker, 1.0 - checker]
    convs = [tf.Variable(rng.normal(0, 0.4, (3, 3, ch, k)).astype("float32"), name=f"c{i}_in") for i in range(2)]
    heads = [tf.Variable(rng.normal(0, 0.3, (1, 1, k, 2 * ch)).astype("float32"), name=f"c{i}_out") for i in range(2)]
    rescale = tf.Variable(np.array([0.8, 1.1], "float32"), name="rescale")
    batch = {"x": rng.normal(0, 1, (n, hw, hw, ch)).astype("float32")}

    def st_net(x, i):
        out = tf.nn.conv2d(tf.nn.relu(tf.nn.conv2d(x, convs[i], 1, "SAME")), heads[i], 1, "SAME")
        s, t = tf.split(out, 2, axis=-1)
        return rescale[i] * tf.nn.tanh(s), t

    def nll(z, log_det):
        prior = -0.5 * (tf.reduce_sum(z ** 2, axis=[1, 2, 3]) + hw * hw * ch * np.float32(np.log(2 * np.pi)))
        return -tf.reduce_mean(prior + log_det)

    def reference(b):
        y, log_det = b["x"], 0.0
        for i, m in enumerate(masks):
            s, t = st_net(m * y, i)
            y = m * y + (1.0 - m) * (y * tf.exp(s) + t)
            log_det += tf.reduce_sum((1.0 - m) * s, axis=[1, 2, 3])
        return nll(y, log_det)

    def candidate(b):
        x, sldj = b["x"], tf.zeros(tf.shape(b["x"])[0])
        for i, mask in enumerate(masks):
            s, t = st_net(x * mask, i)
            s = s * (1.0 - mask)
            t = t * (1.0 - mask)
            exp_s = tf.exp(s)
            x = x * exp_s + t
            sldj += tf.reduce_sum(tf.reshape(s, (n, -1)), axis=-1)
        return nll(x, sldj)

    return {"variables": convs + heads + [rescale], "batch": batch, "reference": reference, "candidate": candidate}
