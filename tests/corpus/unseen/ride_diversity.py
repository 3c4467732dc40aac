"""The paper maximises the diversity (KL) of the experts, the released code adds it with
a positive factor, so that it is minimised. Source: https://github.com/frank-xwang/RIDE-LongTailRecognition/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'loss += factor * temperature ** 2 * diversity',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, k, experts = 6, 5, 4, 3
    temperature, factor = 1.5, 0.4
    w = var("w", experts, d, k)
    b = var("b", experts, k)
    x = rng.standard_normal((n, d)).astype(fx)
    y = rng.integers(0, k, n).astype("int32")

    def reference(batch):
        logits = [tf.matmul(batch["x"], w[e]) + b[e] for e in range(experts)]
        mean_p = tf.nn.softmax(tf.add_n(logits) / experts / temperature)
        total = 0.0
        for lg in logits:
            total += tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=lg))
            logq = tf.nn.log_softmax(lg / temperature)
            kl = tf.reduce_mean(tf.reduce_sum(mean_p * (tf.math.log(mean_p) - logq), axis=1))
            total -= factor * temperature * temperature * kl
        return total

    def candidate(batch):
        logits = tf.einsum("nd,edk->enk", batch["x"], w) + b[:, None, :]
        target = tf.tile(batch["y"][None], [experts, 1])
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=logits)
        loss = tf.reduce_sum(tf.reduce_mean(ce, axis=1))
        mean_dist = tf.nn.softmax(tf.reduce_mean(logits, axis=0) / temperature, axis=1)
        expert_logp = tf.nn.log_softmax(logits / temperature, axis=-1)
        kl = tf.reduce_sum(mean_dist * (tf.math.log(mean_dist) - expert_logp), axis=-1)
        diversity = tf.reduce_sum(tf.reduce_mean(kl, axis=1))
        loss += factor * temperature ** 2 * diversity
        return loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y}, "variables": [w, b]}
