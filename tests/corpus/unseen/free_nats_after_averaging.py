"""World model: the KL is averaged over batch and time first and then clipped at the free nats; the paper clips every KL.

Source (real): https://github.com/danijar/dreamer/issues/56 (TensorFlow; asked while porting it to torchrl, which follows the paper).
Right answer: NOT equivalent. While the mean lies above the free nats the KL of every step is pulled down, also those far below.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "div = tf.maximum(tf.reduce_mean(kl_divergence(post, prior)), free_nats)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, T, emb, det, stoch, free_nats, scale = 16, 4, 5, 6, 3, 3.0, 1.0

    def var(name, *s):
        return tf.Variable((0.35 * rng.standard_normal(s)).astype(f), name=name)

    prior_w, post_w, dec_w = var("prior_w", det, 2 * stoch), var("post_w", det + emb, 2 * stoch), var("dec_w", stoch + det, emb)
    gain = rng.uniform(0.1, 4.0, (n, T, 1)).astype(f)
    batch = {
        "embed": gain * rng.standard_normal((n, T, emb)).astype(f),
        "deter": rng.standard_normal((n, T, det)).astype(f),
        "noise": rng.standard_normal((n, T, stoch)).astype(f),
    }

    def stats(x, w):
        mean, std = tf.split(tf.tensordot(x, w, 1), 2, axis=-1)
        return mean, tf.nn.softplus(std) + 0.3

    def kl_divergence(p, q):
        (m1, s1), (m2, s2) = p, q
        ratio = tf.square(s1 / s2)
        return 0.5 * tf.reduce_sum(ratio + tf.square((m1 - m2) / s2) - 1.0 - tf.math.log(ratio), -1)

    def likelihood(post, b):
        feat = tf.concat([post[0] + post[1] * b["noise"], b["deter"]], -1)
        return -0.5 * tf.reduce_mean(tf.reduce_sum(tf.square(tf.tensordot(feat, dec_w, 1) - b["embed"]), -1))

    def reference(b):
        posterior = stats(tf.concat([b["deter"], b["embed"]], -1), post_w)
        nats = []
        for i in range(b["deter"].shape[0]):
            for t in range(T):
                one = (posterior[0][i, t], posterior[1][i, t])
                nats.append(kl_divergence(one, stats(b["deter"][i, t], prior_w)))
        clipped = [k if float(k) > free_nats else tf.constant(free_nats, k.dtype) for k in nats]
        return scale * tf.add_n(clipped) / len(clipped) - likelihood(posterior, b)

    def candidate(b):
        prior = stats(b["deter"], prior_w)
        post = stats(tf.concat([b["deter"], b["embed"]], -1), post_w)
        likes = likelihood(post, b)
        div = tf.maximum(tf.reduce_mean(kl_divergence(post, prior)), free_nats)
        model_loss = scale * div - likes
        return model_loss

    return {"variables": [prior_w, post_w, dec_w], "batch": batch, "reference": reference, "candidate": candidate}
