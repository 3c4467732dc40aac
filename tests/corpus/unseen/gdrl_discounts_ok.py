"""gdrl REINFORCE: a reader wonders why discounts appear a second time in the loss although the returns are
discounted already; this is the gamma^t of the theorem. Source: https://github.com/mimoralea/gdrl/issues/38"""
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
    T, S, A = 7, 4, 3
    W = tf.Variable(rng.normal(0, 0.8, (S, A)).astype(fx), name="W")
    v = tf.Variable(rng.normal(0, 0.8, (S, 1)).astype(fx), name="v")

    def reference(batch):
        gamma, ent_w = 0.95, 0.01
        loss_p, loss_v, ent = 0.0, 0.0, 0.0
        for t in range(T):
            G = 0.0
            for k in range(t, T):
                G += gamma ** (k - t) * batch["rewards"][k]
            s = batch["states"][t:t + 1]
            lp = tf.nn.log_softmax(tf.matmul(s, W))[0]
            adv = G - tf.matmul(s, v)[0, 0]
            loss_p -= gamma ** t * tf.stop_gradient(adv) * lp[int(batch["actions"][t])]
            loss_v += 0.5 * adv ** 2
            ent -= tf.reduce_sum(tf.exp(lp) * lp)
        return (loss_p + loss_v - ent_w * ent) / T

    def candidate(batch):
        gamma, ent_w = 0.95, 0.01
        discounts = tf.constant(np.logspace(0, T, num=T, base=gamma, endpoint=False), dtype=fx)
        returns = tf.stack([tf.reduce_sum(discounts[: T - t] * batch["rewards"][t:]) for t in range(T)])
        logits = tf.matmul(batch["states"], W)
        logpas = -tf.nn.sparse_softmax_cross_entropy_with_logits(batch["actions"], logits)
        values = tf.squeeze(tf.matmul(batch["states"], v), axis=1)
        value_error = returns - values
        policy_loss = -tf.reduce_mean(discounts * tf.stop_gradient(value_error) * logpas)
        probs = tf.nn.softmax(logits)
        entropy = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(probs, logits))
        value_loss = tf.reduce_mean(0.5 * value_error ** 2)
        return policy_loss - ent_w * entropy + value_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": rng.normal(size=(T, S)).astype(fx), "rewards": rng.normal(size=T).astype(fx),
                      "actions": rng.integers(0, A, T).astype("int32")},
            "variables": [W, v]}
