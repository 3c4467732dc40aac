"""The discriminator is trained with the expert as 0 and the generator as 1 while the rest of the loss reads a high logit as expert.

Source (real): https://github.com/jatinarora2702/gail-pytorch/issues/1
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "labels = tf.concat([tf.ones_like(gen), tf.zeros_like(exp)], axis=0)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 12, 4, 3
    f = lambda c, *s: (c * rng.normal(size=s)).astype(np.float32)
    d1, d2 = tf.Variable(f(0.6, d + k, 8), name="disc_in"), tf.Variable(f(0.6, 8, 1), name="disc_out")
    pol = tf.Variable(f(0.6, d, k), name="policy")
    batch = {"gen_s": f(1, n, d), "gen_a": rng.integers(0, k, n).astype(np.int32),
             "exp_s": f(1, n, d) + 0.5, "exp_a": rng.integers(0, k, n).astype(np.int32)}
    gp_coef = 0.05

    def disc(s, a):
        x = tf.concat([s, tf.one_hot(a, k)], axis=1)
        return tf.matmul(tf.tanh(tf.matmul(x, d1)), d2)[:, 0]

    def policy_loss(b, gen_logits):
        reward = tf.stop_gradient(tf.math.log_sigmoid(gen_logits))      # log D, D = P(expert)
        logp = tf.gather(tf.nn.log_softmax(tf.matmul(b["gen_s"], pol)), b["gen_a"], batch_dims=1)
        return -tf.reduce_mean(logp * (reward - tf.reduce_mean(reward)))

    def weight_penalty():
        return gp_coef * (tf.reduce_sum(tf.square(d1)) + tf.reduce_sum(tf.square(d2)))

    def reference(b):
        gen, exp = disc(b["gen_s"], b["gen_a"]), disc(b["exp_s"], b["exp_a"])
        d_loss = tf.reduce_mean(tf.nn.softplus(-exp)) + tf.reduce_mean(tf.nn.softplus(gen))
        return d_loss + policy_loss(b, gen) + weight_penalty()

    def candidate(b):
        gen = disc(b["gen_s"], b["gen_a"])
        exp = disc(b["exp_s"], b["exp_a"])
        logits = tf.concat([gen, exp], axis=0)
        labels = tf.concat([tf.ones_like(gen), tf.zeros_like(exp)], axis=0)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
        d_loss = 2.0 * tf.reduce_mean(bce)
        return d_loss + policy_loss(b, gen) + weight_penalty()

    return {"variables": [d1, d2, pol], "batch": batch, "reference": reference, "candidate": candidate}
