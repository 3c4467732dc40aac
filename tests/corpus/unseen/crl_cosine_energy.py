"""energy_fn('cosine') normalises the broadcast pairs by one norm over the whole tensor, so the InfoNCE logits
of contrastive RL are tiny. Source: https://github.com/MichalBortkiewicz/JaxGCRL/pull/64"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'axis',
    "line_marker": 'y_norm = tf.norm(y)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, ds, dg, d = 6, 5, 3, 4
    enc_sa = var("enc_sa", ds, d)
    enc_g = var("enc_g", dg, d)
    log_scale = tf.Variable(np.array(1.2).astype(fx), name="log_scale")

    def reference(batch):
        sa = tf.math.l2_normalize(tf.nn.elu(batch["sa"] @ enc_sa), axis=-1)
        g = tf.math.l2_normalize(batch["goal"] @ enc_g, axis=-1)
        logits = tf.exp(log_scale) * tf.matmul(sa, g, transpose_b=True)
        log_p = logits - tf.reduce_logsumexp(logits, axis=1, keepdims=True)
        lse = tf.reduce_logsumexp(logits, axis=1)
        return -tf.reduce_mean(tf.linalg.diag_part(log_p)) + 0.1 * tf.reduce_mean(lse ** 2)

    def candidate(batch):
        def energy_fn(name, x, y):
            if name == "dot":
                return tf.reduce_sum(x * y, axis=-1)
            if name == "l2":
                return -tf.sqrt(tf.reduce_sum((x - y) ** 2, axis=-1) + 1e-6)
            x_norm = tf.norm(x, axis=-1)
            y_norm = tf.norm(y)
            return tf.reduce_sum(x * y, axis=-1) / (x_norm * y_norm)

        sa_repr = tf.nn.elu(tf.matmul(batch["sa"], enc_sa))
        g_repr = tf.matmul(batch["goal"], enc_g)
        logits = energy_fn("cosine", sa_repr[:, None, :], g_repr[None, :, :]) * tf.exp(log_scale)
        logsumexp = tf.reduce_logsumexp(logits, axis=1)
        critic_loss = -tf.reduce_mean(tf.linalg.diag_part(logits) - logsumexp)
        critic_loss += 0.1 * tf.reduce_mean(logsumexp ** 2)
        return critic_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"sa": rng.standard_normal((n, ds)).astype(fx), "goal": rng.standard_normal((n, dg)).astype(fx)},
            "variables": [enc_sa, enc_g, log_scale]}
