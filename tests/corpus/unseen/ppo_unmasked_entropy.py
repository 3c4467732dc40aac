"""PPO on padded recurrent sequences: policy and value loss use masked_mean, the entropy bonus takes a plain mean over
the padding too.
Source: https://github.com/Unity-Technologies/ml-agents/pull/4572"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "bonus = tf.reduce_mean(entropy)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts, eps, beta = 24, 5, 3, 0.2, 0.1
    trunk = keras.Sequential([keras.Input((obs,)), keras.layers.Dense(8, activation="tanh", name="trunk"),
                              keras.layers.Dense(acts, name="pi")])

    def reference(batch):
        kept = [i for i in range(n) if float(batch["mask"][i]) > 0]
        total = 0.0
        for i in kept:
            p = tf.nn.softmax(trunk(batch["obs"][i:i + 1]))[0]
            a = int(batch["action"][i])
            r = p[a] / tf.exp(batch["old_logp"][i])
            adv = batch["adv"][i]
            clipped = tf.minimum(tf.maximum(r, 1 - eps), 1 + eps)
            h = -tf.reduce_sum(p * tf.math.log(p))
            total += -tf.minimum(r * adv, clipped * adv) - beta * h
        return total / len(kept)

    def candidate(batch):
        def masked_mean(x, masks):
            return tf.reduce_sum(x * masks) / tf.maximum(tf.reduce_sum(masks), 1.0)

        class Dist:
            def __init__(self, logits):
                self.logp = tf.nn.log_softmax(logits)

            def log_prob(self, a):
                return tf.gather(self.logp, a, batch_dims=1)

            def entropy(self):
                return -tf.reduce_sum(tf.exp(self.logp) * self.logp, axis=-1)

        dist = Dist(trunk(batch["obs"]))
        masks = batch["mask"]
        r_theta = tf.exp(dist.log_prob(batch["action"]) - batch["old_logp"])
        p_1 = r_theta * batch["adv"]
        p_2 = tf.clip_by_value(r_theta, 1 - eps, 1 + eps) * batch["adv"]
        policy_loss = -masked_mean(tf.minimum(p_1, p_2), masks)
        entropy = dist.entropy()
        bonus = tf.reduce_mean(entropy)
        return policy_loss - beta * bonus

    mask = np.ones(n)
    mask[rng.permutation(n)[:9]] = 0
    obs_ = rng.normal(size=(n, obs)) * (0.2 + 1.5 * mask[:, None])
    batch = {"obs": obs_.astype(f), "action": rng.integers(0, acts, n), "mask": mask.astype(f),
             "old_logp": (-1.1 + 0.3 * rng.normal(size=n)).astype(f), "adv": (rng.normal(size=n) * 0.3).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": trunk.trainable_variables}
