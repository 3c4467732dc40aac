"""PPO ratio exp(old - new) looks inverted, but both hold negative log-probabilities; it is right.
Source: https://github.com/Denys88/rl_games/issues/229"""
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
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    mu, logstd = var("mu", 4, 3), var("logstd", 3, scale=0.1)

    def reference(batch, clip=0.2):
        m = batch["s"] @ mu
        logp = -0.5 * ((batch["a"] - m) / tf.exp(logstd)) ** 2 - logstd - 0.5 * np.log(2 * np.pi)
        ratio = tf.exp(tf.reduce_sum(logp, 1) + batch["old_neglogp"])
        return -tf.reduce_mean(tf.minimum(ratio * batch["adv"], tf.clip_by_value(ratio, 1 - clip, 1 + clip) * batch["adv"]))

    def candidate(batch):
        def neglogp(x, mean, std, logstd):
            return 0.5 * tf.reduce_sum(tf.square((x - mean) / std), -1) + 0.5 * np.log(2.0 * np.pi) * 3 + tf.reduce_sum(logstd, -1)

        def actor_loss(old_action_neglog_probs_batch, action_neglog_probs, advantage, is_ppo=True, curr_e_clip=0.2):
            if not is_ppo:
                return action_neglog_probs * advantage
            ratio = tf.exp(old_action_neglog_probs_batch - action_neglog_probs)
            surr1 = advantage * ratio
            surr2 = advantage * tf.clip_by_value(ratio, 1.0 - curr_e_clip, 1.0 + curr_e_clip)
            return tf.maximum(-surr1, -surr2)

        new = neglogp(batch["a"], tf.matmul(batch["s"], mu), tf.exp(logstd), logstd)
        return tf.reduce_mean(actor_loss(batch["old_neglogp"], new, batch["adv"]))

    s, a = data(13, 4), data(13, 3)
    m0 = s @ mu.numpy()
    old = 0.5 * ((a - m0) ** 2).sum(1) + 1.5 * np.log(2 * np.pi) + 0.1 * data(13)
    return {"reference": reference, "candidate": candidate, "variables": [mu, logstd],
            "batch": {"s": s, "a": a, "adv": data(13), "old_neglogp": old.astype(f)}}
