"""PPO update of a job-shop scheduler: rewards are (T,), critic values (T, 1), so advantages and surrogates become (T, T).
Source: https://github.com/zcaicaros/L2D/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "advantages = rewards - tf.stop_gradient(vals)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    T, d, n_act = 7, 5, 4
    actor = keras.layers.Dense(n_act, name="actor")
    critic = keras.layers.Dense(1, name="critic")
    actor.build((None, d))
    critic.build((None, d))
    eps_clip, vcoef, pcoef, ecoef = 0.3, 1.0, 2.0, 0.01

    def reference(batch):
        logp = tf.nn.log_softmax(actor(batch["feas"]))
        total = 0.0
        v = critic(batch["feas"])[:, 0]
        for t in range(T):
            a = int(batch["action"][t])
            r = tf.exp(logp[t, a] - batch["old_logp"][t])
            adv = batch["reward"][t] - tf.stop_gradient(v[t])
            s = tf.minimum(r * adv, tf.clip_by_value(r, 1 - eps_clip, 1 + eps_clip) * adv)
            ent = -tf.reduce_sum(tf.exp(logp[t]) * logp[t])
            total += vcoef * (v[t] - batch["reward"][t]) ** 2 - pcoef * s - ecoef * ent
        return total / T

    def candidate(batch):
        pis = tf.nn.softmax(actor(batch["feas"]))
        vals = critic(batch["feas"])
        rewards = batch["reward"]
        logprobs = tf.math.log(tf.gather(pis, batch["action"], batch_dims=1))
        ratios = tf.exp(logprobs - tf.stop_gradient(batch["old_logp"]))
        advantages = rewards - tf.stop_gradient(vals)
        surr1 = ratios * advantages
        surr2 = tf.clip_by_value(ratios, 1 - eps_clip, 1 + eps_clip) * advantages
        v_loss = tf.reduce_mean(tf.square(tf.squeeze(vals, -1) - rewards))
        p_loss = -tf.reduce_mean(tf.minimum(surr1, surr2))
        ent_loss = tf.reduce_mean(tf.reduce_sum(pis * tf.math.log(pis), axis=-1))
        return vcoef * v_loss + pcoef * p_loss + ecoef * ent_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"feas": rng.standard_normal((T, d)).astype(fx),
                      "action": rng.integers(0, n_act, T).astype("int32"),
                      "reward": rng.standard_normal(T).astype(fx) * 2,
                      "old_logp": (-1.4 + 0.2 * rng.standard_normal(T)).astype(fx)},
            "variables": [actor.kernel, actor.bias, critic.kernel, critic.bias]}
