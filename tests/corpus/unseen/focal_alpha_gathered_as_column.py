"""Multi-class focal loss: the class weights gathered as [n,1] are multiplied with pt and logpt of shape [n].

Source (real): https://github.com/Hsuxu/Loss_ToolBox-PyTorch/issues/8
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'loss = -1.0 * alpha_class * tf.pow(1.0 - pt, gamma) * logpt',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, hw, d, c = 4, 5, 6, 4
    w = tf.Variable(rng.normal(size=(d, c)).astype("float32") * 0.6, name="w")
    bias = tf.Variable(rng.normal(size=(c,)).astype("float32") * 0.3, name="bias")
    alpha = tf.constant([[0.1], [0.5], [1.0], [2.5]])
    batch = {
        "voxels": rng.normal(size=(n * hw, d)).astype("float32"),
        "target": rng.integers(0, c, (n * hw, 1)).astype("int32"),
    }
    gamma, smooth = 2.0, 1e-5

    def reference(b):
        logp = tf.nn.log_softmax(b["voxels"] @ w + bias)
        acc = 0.0
        for i in range(n * hw):
            k = b["target"][i, 0]
            p = tf.clip_by_value(tf.exp(logp[i, k]), smooth, 1.0)
            acc += alpha[k, 0] * (1.0 - p) ** gamma * -tf.math.log(p)
        return acc / (n * hw)

    def candidate(b):
        logit = tf.nn.softmax(b["voxels"] @ w + bias, axis=-1)
        target = b["target"]
        idx = tf.reshape(target, (-1,))
        one_hot_key = tf.one_hot(idx, c)
        pt = tf.clip_by_value(tf.reduce_sum(one_hot_key * logit, axis=1), smooth, 1.0)
        logpt = tf.math.log(pt)
        alpha_class = tf.gather(alpha, idx)
        loss = -1.0 * alpha_class * tf.pow(1.0 - pt, gamma) * logpt
        return tf.reduce_mean(loss)

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
