"""Recurrent attention: the REINFORCE term averages over glimpses, where the paper sums over time and averages over
samples. Source: https://github.com/kevinzakka/recurrent-visual-attention/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "reduction",
            "line_marker": "loss_reinforce = tf.reduce_mean(-log_pi * adjusted_reward)", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, T, h, C, std = 4, 5, 6, 3, 0.3
    loc = tf.Variable((0.4 * rng.normal(size=(h, 2))).astype(fx), name="locator")
    cls = tf.Variable(rng.normal(size=(h, C)).astype(fx), name="classifier")
    bas = tf.Variable(rng.normal(size=(h, 1)).astype(fx), name="baseliner")

    def reference(batch):
        total = 0.0
        for i in range(B):
            logits = tf.tensordot(batch["h"][i, -1], cls, 1)
            R = tf.cast(tf.argmax(logits) == batch["y"][i], logits.dtype)
            ce = tf.reduce_logsumexp(logits) - logits[int(batch["y"][i])]
            pg, base = 0.0, 0.0
            for t in range(T):
                mu = tf.tanh(tf.tensordot(batch["h"][i, t], loc, 1))
                lp = tf.reduce_sum(-0.5 * ((batch["l"][i, t] - mu) / std) ** 2 - np.log(std * np.sqrt(2 * np.pi)))
                b = tf.tensordot(batch["h"][i, t], bas, 1)[0]
                pg -= lp * (R - tf.stop_gradient(b))
                base += (b - R) ** 2 / T
            total += ce + base + 0.01 * pg
        return total / B

    def candidate(batch):
        mu = tf.tanh(tf.einsum("bth,hk->btk", batch["h"], loc))
        z = (batch["l"] - mu) / std
        log_pi = tf.reduce_sum(-0.5 * tf.square(z) - np.log(std) - 0.5 * np.log(2 * np.pi), axis=-1)
        baselines = tf.squeeze(tf.einsum("bth,ho->bto", batch["h"], bas), -1)
        logits = tf.matmul(batch["h"][:, -1], cls)
        predicted = tf.argmax(logits, axis=1)
        R = tf.cast(tf.equal(predicted, batch["y"]), logits.dtype)
        R = tf.tile(R[:, None], [1, T])
        loss_action = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))
        loss_baseline = tf.reduce_mean(tf.square(baselines - R))
        adjusted_reward = R - tf.stop_gradient(baselines)
        loss_reinforce = tf.reduce_mean(-log_pi * adjusted_reward)
        return loss_action + loss_baseline + loss_reinforce * 0.01

    return {"reference": reference, "candidate": candidate,
            "batch": {"h": rng.normal(size=(B, T, h)).astype(fx), "y": rng.integers(0, C, B),
                      "l": rng.normal(size=(B, T, 2)).astype(fx)},
            "variables": [loc, cls, bas]}
