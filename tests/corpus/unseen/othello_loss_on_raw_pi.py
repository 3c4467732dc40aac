"""AlphaZero Othello net: the loss uses self.pi and not the softmaxed self.prob, reported as a bug; softmax_cross_entropy
applies the softmax itself, so it is right.
Source: https://github.com/suragnair/alpha-zero-general/issues/159"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, cells, acts = 15, 16, 17
    fc = keras.layers.Dense(10, activation="relu", name="fc")
    pi_head, v_head = keras.layers.Dense(acts, name="pi"), keras.layers.Dense(1, name="v")
    fc.build((None, cells))
    pi_head.build((None, 10))
    v_head.build((None, 10))

    def reference(batch):
        h = fc(batch["board"])
        probs = tf.nn.softmax(pi_head(h))
        policy = -tf.reduce_mean(tf.einsum("ba,ba->b", batch["target_pi"], tf.math.log(probs)))
        gap = tf.tanh(v_head(h)) - batch["target_v"][:, None]
        return policy + tf.reduce_mean(gap * gap)

    def candidate(batch):
        class OthelloNNet:
            def __init__(self, boards):
                s_fc = fc(boards)
                self.pi = pi_head(s_fc)
                self.prob = tf.nn.softmax(self.pi)
                self.v = tf.nn.tanh(v_head(s_fc))

            def calculate_loss(self, target_pis, target_vs):
                loss_pi = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=target_pis, logits=self.pi))
                loss_v = keras.losses.mean_squared_error(target_vs, tf.reshape(self.v, [-1]))
                return loss_pi + loss_v

        return OthelloNNet(batch["board"]).calculate_loss(batch["target_pi"], batch["target_v"])

    pis = rng.random((n, acts)) ** 3
    batch = {"board": rng.integers(-1, 2, (n, cells)).astype(f),
             "target_pi": (pis / pis.sum(1, keepdims=True)).astype(f), "target_v": rng.choice([-1, 1], n).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": fc.trainable_variables + pi_head.trainable_variables + v_head.trainable_variables}
