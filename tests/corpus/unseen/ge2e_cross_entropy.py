"""The speaker encoder's loss is a cross entropy of the similarity matrix with the speaker ids, not the formula of the
GE2E paper; the author answers that the two are the same. Source: https://github.com/CorentinJ/Real-Time-Voice-Cloning/issues/224"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    spk, utt, feat, dim = 3, 3, 5, 4
    proj = var("encoder", feat, dim)
    weight = tf.Variable(np.asarray(3.0, dtype=fx), name="similarity_weight")
    bias = tf.Variable(np.asarray(-1.0, dtype=fx), name="similarity_bias")

    def embed(batch):
        return tf.math.l2_normalize(tf.einsum("suf,fd->sud", batch["mel"], proj), axis=-1)

    def reference(batch):
        e = embed(batch)
        total = 0.0
        for j in range(spk):
            for i in range(utt):
                sims = []
                for k in range(spk):
                    members = [e[k, m] for m in range(utt) if not (k == j and m == i)]
                    c = tf.add_n(members) / float(len(members))
                    sims.append(weight * tf.reduce_sum(e[j, i] * c / tf.norm(c)) + bias)
                sims = tf.stack(sims)
                total += -sims[j] + tf.math.log(tf.reduce_sum(tf.exp(sims)))
        return total / (spk * utt)

    def candidate(batch):
        embeds = embed(batch)
        incl = tf.math.l2_normalize(tf.reduce_mean(embeds, axis=1), axis=-1)
        excl = tf.reduce_sum(embeds, axis=1, keepdims=True) - embeds
        excl = tf.math.l2_normalize(excl / (utt - 1), axis=-1)
        sim_incl = tf.einsum("jid,kd->jik", embeds, incl)
        sim_excl = tf.reduce_sum(embeds * excl, axis=-1, keepdims=True)
        own = tf.eye(spk, dtype=embeds.dtype)[:, None, :]
        sim_matrix = (sim_incl * (1.0 - own) + sim_excl * own) * weight + bias
        logits = tf.reshape(sim_matrix, (spk * utt, spk))
        ground_truth = tf.repeat(tf.range(spk), utt)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=ground_truth, logits=logits)
        return tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"mel": arr(spk, utt, feat)},
            "variables": [proj, weight]}
