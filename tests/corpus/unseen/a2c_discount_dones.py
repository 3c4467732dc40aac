"""A2C discount_with_dones walks the reversed rewards; reported as discounting the past, but the reversal makes it right.
Source: https://github.com/openai/baselines/issues/224"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    T, d, n_act, gamma, vf_coef, ent_coef = 7, 4, 3, 0.95, 0.5, 0.01
    pi = keras.layers.Dense(n_act, name="pi")
    vf = keras.layers.Dense(1, name="vf")
    pi.build((None, d))
    vf.build((None, d))

    def reference(batch):
        returns = []
        for t in range(T):
            g, weight = 0.0, 1.0
            for u in range(t, T):
                g += weight * batch["rew"][u]
                weight *= gamma * (1.0 - float(batch["done"][u]))
            returns.append(g + weight * batch["last_v"])
        ret = tf.stack(returns)
        logp = tf.nn.log_softmax(pi(batch["obs"]))
        v = vf(batch["obs"])[:, 0]
        adv = tf.stop_gradient(ret - v)
        actor = -tf.reduce_mean(adv * tf.gather(logp, batch["act"], batch_dims=1))
        entropy = -tf.reduce_mean(tf.reduce_sum(tf.exp(logp) * logp, -1))
        return actor - ent_coef * entropy + vf_coef * tf.reduce_mean((v - ret) ** 2)

    def candidate(batch):
        def discount_with_dones(rewards, dones):
            discounted = []
            r = batch["last_v"]
            for reward, done in zip(rewards[::-1], dones[::-1]):
                r = reward + gamma * r * (1.0 - done)
                discounted.append(r)
            return tf.stack(discounted[::-1])

        R = discount_with_dones(tf.unstack(batch["rew"]), tf.unstack(batch["done"]))
        logits = pi(batch["obs"])
        vpred = tf.squeeze(vf(batch["obs"]), -1)
        ADV = R - tf.stop_gradient(vpred)
        neglogpac = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["act"], logits=logits)
        pg_loss = tf.reduce_mean(ADV * neglogpac)
        a0 = logits - tf.reduce_max(logits, axis=1, keepdims=True)
        z0 = tf.reduce_sum(tf.exp(a0), axis=1, keepdims=True)
        entropy = tf.reduce_mean(tf.reduce_sum(tf.exp(a0) / z0 * (tf.math.log(z0) - a0), axis=1))
        vf_loss = tf.reduce_mean(tf.square(vpred - R))
        return pg_loss - entropy * ent_coef + vf_loss * vf_coef

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((T, d)).astype(fx), "act": rng.integers(0, n_act, T).astype("int32"),
                      "rew": rng.standard_normal(T).astype(fx), "done": np.array([0, 0, 1, 0, 0, 0, 0]).astype(fx),
                      "last_v": np.asarray(0.7).astype(fx)},
            "variables": [pi.kernel, pi.bias, vf.kernel, vf.bias]}
