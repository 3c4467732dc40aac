"""DANN: the gradient reversal layer is replaced by subtracting the domain loss, which also turns the gradient of the domain classifier round.
Source: https://github.com/CuthbertCai/pytorch_DANN/issues/13"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'return class_loss - self.theta * domain_loss',
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

    ext, cls, dom = var("extractor", 5, 4), var("classifier", 4, 3), var("domain", 4, 2)

    def reference(batch, theta=0.7):
        def reverse(h):
            return tf.stop_gradient(2.0 * h) - h

        hs, ht = tf.tanh(batch["src"] @ ext), tf.tanh(batch["tgt"] @ ext)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits
        loss = tf.reduce_mean(ce(batch["y"], hs @ cls))
        d_src = tf.reduce_mean(ce(tf.zeros(13, tf.int32), reverse(hs) @ dom))
        d_tgt = tf.reduce_mean(ce(tf.ones(13, tf.int32), reverse(ht) @ dom))
        return loss + theta * (d_src + d_tgt)

    def candidate(batch):
        class Trainer:
            def __init__(self, theta=0.7):
                self.theta = theta

            def nll(self, logits, onehot):
                return -tf.reduce_mean(tf.reduce_sum(tf.nn.log_softmax(logits) * onehot, 1))

            def total(self, src, tgt, y):
                feats = {"s": tf.tanh(tf.matmul(src, ext)), "t": tf.tanh(tf.matmul(tgt, ext))}
                class_loss = self.nll(feats["s"] @ cls, tf.one_hot(y, 3, dtype=src.dtype))
                domain_loss = 0.0
                for idx, key in enumerate("st"):
                    label = tf.one_hot([idx], 2, dtype=src.dtype)
                    domain_loss += self.nll(feats[key] @ dom, label)
                return class_loss - self.theta * domain_loss

        return Trainer().total(batch["src"], batch["tgt"], batch["y"])

    return {"reference": reference, "candidate": candidate, "variables": [ext, cls, dom],
            "batch": {"src": data(13, 5), "tgt": data(13, 5) + np.asarray(0.5, f), "y": rng.integers(0, 3, 13)}}
