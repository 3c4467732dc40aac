"""GAIL's discriminator with ones for the generator and zeros for the expert looks swapped; it is the convention in which the
output is the probability of the generator, and the same loss for the negated logit.
Source: https://github.com/p-christ/Deep-Reinforcement-Learning-Algorithms-with-PyTorch/issues/74"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, n_expert, d, a, h = 18, 13, 4, 2, 5
    w1 = keras.Variable(rng.normal(size=(d + a, h)) * 0.5, dtype=f, name="disc_w1")
    b1 = keras.Variable(rng.normal(size=h) * 0.1, dtype=f, name="disc_b1")
    w2 = keras.Variable(rng.normal(size=(h, 1)) * 0.5, dtype=f, name="disc_w2")

    def expert_logit(sa):
        """High: the pair comes from the expert."""
        return -tf.matmul(tf.tanh(tf.matmul(sa, w1) + b1), w2)[:, 0]

    def reference(batch):
        generated = expert_logit(tf.concat([batch["states"], batch["actions"]], axis=1))
        expert = expert_logit(batch["expert_traj"])
        # expert -> 1, generated -> 0
        return tf.reduce_mean(tf.nn.softplus(generated)) + tf.reduce_mean(tf.nn.softplus(-expert))

    def candidate(batch):
        discrim_criterion = keras.losses.BinaryCrossentropy(from_logits=True)

        def discriminator(x):
            x = keras.activations.tanh(x @ tf.convert_to_tensor(w1) + b1)
            return x @ tf.convert_to_tensor(w2)

        g_o = discriminator(keras.ops.concatenate([batch["states"], batch["actions"]], axis=-1))
        e_o = discriminator(batch["expert_traj"])
        ones, zeros = tf.ones([n, 1], f), tf.zeros([n_expert, 1], f)
        discrim_loss = discrim_criterion(ones, g_o) + discrim_criterion(zeros, e_o)
        return discrim_loss

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"states": rng.normal(size=(n, d)).astype(f), "actions": rng.normal(size=(n, a)).astype(f),
                  "expert_traj": (rng.normal(size=(n_expert, d + a)) + 0.5).astype(f)},
        "variables": [w1, b1, w2],
    }
