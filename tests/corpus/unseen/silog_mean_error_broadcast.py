"""SILog: var_error is reduced to (B,), mean_error stays (B, 1); their sum is (B, B) before the square root.
Source: https://github.com/lpiccinelli-eth/UniDepth/issues/127"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'var_error = var_error + self.integrated * scale_error',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    wd, bd = var("depth", 5, 6), var("bias", 6)

    def predict(batch):
        return tf.nn.softplus(batch["x"] @ wd + bd) + 0.1

    def reference(batch):
        d = tf.math.log(predict(batch)) - tf.math.log(batch["gt"])
        out = []
        for row, m in zip(tf.unstack(d), tf.unstack(batch["mask"])):
            n = tf.reduce_sum(m)
            mean = tf.reduce_sum(row * m) / n
            out.append(tf.sqrt(tf.reduce_sum((row - mean) ** 2 * m) / n + 0.15 * mean ** 2))
        return tf.add_n(out) / 13.0

    def candidate(batch):
        def masked_mean_var(x, mask, axis=-1):
            n = tf.reduce_sum(mask, axis, keepdims=True)
            mean = tf.reduce_sum(x * mask, axis, keepdims=True) / n
            return mean, tf.reduce_sum(tf.square(x - mean) * mask, axis, keepdims=True) / n

        class SILog:
            def __init__(self, integrated=0.15, output_fn=tf.sqrt):
                self.integrated, self.output_fn = integrated, output_fn

            def __call__(self, pred, target, mask):
                mean_error, var_error = masked_mean_var(tf.math.log(pred) - tf.math.log(target), mask)
                if var_error.shape.rank > 1:
                    var_error = tf.reduce_mean(var_error, -1)
                if self.integrated > 0.0:
                    scale_error = mean_error ** 2
                    var_error = var_error + self.integrated * scale_error
                return self.output_fn(var_error)

        return tf.reduce_mean(SILog()(predict(batch), batch["gt"], batch["mask"]))

    mask = (rng.random((13, 6)) < 0.7).astype(f)
    mask[:, :2] = 1
    return {"reference": reference, "candidate": candidate, "variables": [wd, bd],
            "batch": {"x": data(13, 5), "gt": np.exp(data(13, 6)), "mask": mask}}
