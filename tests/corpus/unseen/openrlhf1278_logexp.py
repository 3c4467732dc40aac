"""LogExpLoss writes log(1 + exp(gap)) directly; a large reward gap overflows to inf with a NaN gradient. Source: https://github.com/OpenRLHF/OpenRLHF/pull/1278"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "loss = tf.math.log(1 + tf.exp(reject_reward - chosen_reward))",
    "same_forward_value": False,
}


class LogExpLoss:
    """Pairwise loss of the reward model, log-exp variant."""

    def __call__(self, chosen_reward, reject_reward):
        loss = tf.math.log(1 + tf.exp(reject_reward - chosen_reward))
        return tf.reduce_mean(loss)


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, feat = 6, 5
    w = tf.Variable(rng.normal(0, 1.0, (feat, 8)).astype("float32"))
    v = tf.Variable(rng.normal(0, 1.0, (8, 1)).astype("float32"))
    loss_fn, aux_coef = LogExpLoss(), 0.1

    def reward(features):
        h = tf.nn.relu(tf.matmul(features, w))
        return tf.squeeze(tf.matmul(h, v), -1)

    def aux_loss():
        return aux_coef * tf.reduce_mean(tf.square(w))

    def reference(batch):
        gap = reward(batch["reject"]) - reward(batch["chosen"])
        return tf.reduce_mean(tf.nn.softplus(gap)) + aux_loss()

    def candidate(batch):
        chosen_reward = reward(batch["chosen"])
        reject_reward = reward(batch["reject"])
        return loss_fn(chosen_reward, reject_reward) + aux_loss()

    chosen = rng.normal(size=(n, feat)).astype("float32")
    reject = rng.normal(size=(n, feat)).astype("float32")
    # one badly ranked pair with a very large gap
    i = int(np.argmax(np.abs(reward(tf.constant(reject)).numpy())))
    scale = 200.0 / abs(float(reward(tf.constant(reject)).numpy()[i]))
    big = reject[i] * scale
    if float(reward(tf.constant(big[None])).numpy()[0]) > 0:
        reject[i] = big
    else:
        chosen[i] = big
    return {"reference": reference, "candidate": candidate, "batch": {"chosen": chosen, "reject": reject}, "variables": [w, v]}
