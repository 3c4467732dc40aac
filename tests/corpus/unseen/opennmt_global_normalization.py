"""During gradient accumulation each minibatch's loss is normalised by the token count of the whole accumulated batch,
then averaged once more, which upsets its weight against the prior loss.
Source: https://github.com/OpenNMT/OpenNMT-py/issues/2209"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = loss_sum / normalization",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    accum, b, t, d, vocab, lam, tau = 3, 2, 5, 6, 8, 0.3, 2.0
    hid = keras.layers.Dense(10, activation="tanh", name="hid")
    gen = keras.layers.Dense(vocab, name="generator")
    hid.build((None, None, d))
    gen.build((None, None, 10))

    def reference(batch):
        total = 0.0
        for i in range(accum):
            scores = gen(hid(batch["src"][i]))
            keep = tf.cast(batch["tgt"][i] != 0, scores.dtype)
            nll = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["tgt"][i], scores)
            ce = tf.reduce_sum(keep * nll) / tf.reduce_sum(keep)
            lp, lq = tf.nn.log_softmax(scores / tau), tf.nn.log_softmax(batch["lm"][i] / tau)
            kl = tf.reduce_sum(tf.exp(lq) * (lq - lp), axis=-1)
            prior = tf.reduce_sum(keep * kl) / tf.reduce_sum(keep) * tau ** 2
            total += ce + lam * prior
        return total / accum

    def candidate(batch):
        def lm_prior_loss(scores, lm_scores, mask):
            log_p = tf.nn.log_softmax(scores / tau, axis=-1)
            q = tf.nn.softmax(lm_scores / tau, axis=-1)
            kl = tf.reduce_sum(q * (tf.math.log(q) - log_p), axis=-1) * tau ** 2
            return tf.reduce_sum(kl * mask) / tf.reduce_sum(mask)

        normalization = tf.reduce_sum(tf.cast(tf.not_equal(batch["tgt"], 0), fx))
        losses = []
        for src, tgt, lm in zip(tf.unstack(batch["src"]), tf.unstack(batch["tgt"]), tf.unstack(batch["lm"])):
            scores = gen(hid(src))
            mask = tf.cast(tf.not_equal(tgt, 0), scores.dtype)
            log_prob = tf.nn.log_softmax(scores, axis=-1)
            loss_sum = -tf.reduce_sum(tf.gather(log_prob, tgt, batch_dims=2) * mask)
            loss = loss_sum / normalization
            losses.append(loss + lam * lm_prior_loss(scores, lm, mask))
        return tf.add_n(losses) / accum

    tgt = rng.integers(1, vocab, (accum, b, t))
    tgt[0, :, 3:] = 0
    tgt[1, 1, 2:] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"src": rng.normal(size=(accum, b, t, d)).astype(fx), "tgt": tgt.astype("int32"),
                      "lm": rng.normal(size=(accum, b, t, vocab)).astype(fx)},
            "variables": hid.trainable_variables + gen.trainable_variables}
