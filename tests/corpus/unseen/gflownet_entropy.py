"""Is the minus before the entropy in the trajectory-balance loss with entropy bonus right? It is.
Source: https://github.com/BerkinChen/AlphaSAGE/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, d, a = 4, 4, 5, 3
    pf = keras.layers.Dense(a, name="pf")
    pf.build((None, d))
    pb = keras.layers.Dense(a, name="pb")
    pb.build((None, d))
    logz = tf.Variable(np.asarray(0.3, fx), name="logZ")
    coef = 0.1

    def reference(batch):
        loss = 0.0
        for i in range(n):
            score = logz - batch["log_reward"][i]
            ent = 0.0
            length = int(batch["length"][i])
            for k in range(length):
                lf = tf.nn.log_softmax(pf(batch["state"][i:i + 1, k]))[0]
                lb = tf.nn.log_softmax(pb(batch["state"][i:i + 1, k + 1]))[0]
                act = batch["action"][i, k]
                score += lf[act] - lb[act]
                ent += tf.reduce_sum(tf.exp(lf) * lf) / length
            loss += tf.square(score) + coef * ent
        return loss / n

    def candidate(batch):
        log_pf = tf.nn.log_softmax(pf(batch["state"][:, :-1]), axis=-1)
        log_pb = tf.nn.log_softmax(pb(batch["state"][:, 1:]), axis=-1)
        mask = tf.sequence_mask(batch["length"], t, dtype=log_pf.dtype)
        fwd = tf.gather(log_pf, batch["action"], batch_dims=2) * mask
        bwd = tf.gather(log_pb, batch["action"], batch_dims=2) * mask
        scores = tf.reduce_sum(fwd - bwd, axis=1) - batch["log_reward"]
        entropy = -tf.reduce_sum(tf.exp(log_pf) * log_pf, axis=-1)
        entropy_term = coef * tf.reduce_sum(entropy * mask, axis=1) / tf.reduce_sum(mask, axis=1)
        return tf.reduce_mean(tf.square(scores + logz)) - tf.reduce_mean(entropy_term)

    return {"reference": reference, "candidate": candidate,
            "batch": {"state": rng.standard_normal((n, t + 1, d)).astype(fx),
                      "action": rng.integers(0, a, (n, t)).astype("int32"),
                      "length": np.array([4, 2, 3, 4], "int32"),
                      "log_reward": rng.standard_normal(n).astype(fx)},
            "variables": pf.trainable_variables + pb.trainable_variables + [logz]}
