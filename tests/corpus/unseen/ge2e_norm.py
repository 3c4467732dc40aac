"""Speech embedder divides by the norm of the whole batch matrix in place of each embedding's own L2 norm.
Source: https://github.com/HarryVolek/PyTorch_Speaker_Verification/pull/30"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "x = x / tf.norm(x)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    spk, utt, t, f, d = 3, 3, 4, 5, 6
    gru = keras.layers.GRU(d)
    gru.build((None, t, f))
    proj = keras.layers.Dense(d, name="proj", kernel_initializer=keras.initializers.RandomNormal(stddev=1.0),
                              bias_initializer=keras.initializers.RandomNormal(stddev=0.5))
    proj.build((None, d))
    w = tf.Variable(np.asarray(5.0, fx), name="w")
    bias = tf.Variable(np.asarray(-2.0, fx), name="b")

    def reference(batch):
        mel = tf.reshape(batch["mel"], (spk * utt, t, f))
        e = tf.math.l2_normalize(proj(gru(mel)), axis=-1)
        e = tf.reshape(e, (spk, utt, d))
        total = 0.0
        for j in range(spk):
            for i in range(utt):
                sims = []
                for k in range(spk):
                    c = tf.reduce_mean(e[k], axis=0)
                    if k == j:
                        c = (tf.reduce_sum(e[k], axis=0) - e[j, i]) / (utt - 1)
                    sims.append(w * tf.reduce_sum(e[j, i] * c) + bias)
                total += tf.reduce_logsumexp(tf.stack(sims)) - sims[j]
        return total

    def candidate(batch):
        x = proj(gru(tf.reshape(batch["mel"], (-1, t, f))))
        x = x / tf.norm(x)
        emb = tf.reshape(x, (spk, utt, d))
        centroids = tf.reduce_mean(emb, axis=1)
        own = (tf.reduce_sum(emb, axis=1, keepdims=True) - emb) / (utt - 1)
        sim = tf.einsum("jid,kd->jik", emb, centroids)
        sim_own = tf.reduce_sum(emb * own, axis=-1)
        same = tf.eye(spk, dtype=sim.dtype)[:, None, :]
        sim = w * (sim * (1.0 - same) + sim_own[..., None] * same) + bias
        pos = tf.reduce_sum(sim * same, axis=-1)
        return tf.reduce_sum(tf.reduce_logsumexp(sim, axis=-1) - pos)

    return {"reference": reference, "candidate": candidate,
            "batch": {"mel": rng.standard_normal((spk, utt, t, f)).astype(fx)},
            "variables": gru.trainable_variables + proj.trainable_variables + [w]}
