"""PPO bootstraps across the episode boundary: the rollout stores post-step dones, and GAE reads the flag of the
following slot. Source: https://github.com/RoboVerseOrg/RoboVerse/pull/814"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "index",
            "line_marker": "nextnonterminal = 1.0 - dones[t + 1]", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    T, n_env, d, a_dim, gamma, lam = 6, 2, 3, 2, 0.99, 0.95
    mean_w = tf.Variable(rng.normal(size=(d, a_dim)).astype(fx), name="mean_w")
    log_std = tf.Variable(0.2 * rng.normal(size=(a_dim,)).astype(fx), name="log_std")
    value_w = tf.Variable(rng.normal(size=(d, 1)).astype(fx), name="value_w")

    def log_prob(obs, act):
        z = (act - obs @ mean_w) * tf.exp(-log_std)
        return tf.reduce_sum(-0.5 * z * z - log_std - 0.5 * np.log(2 * np.pi), -1)

    def reference(batch):
        ended = batch["post_step_dones"]
        vals = tf.concat([batch["values"], batch["next_value"][None]], 0)
        delta = batch["rewards"] + gamma * vals[1:] * (1 - ended) - vals[:-1]
        acc, out = tf.zeros_like(delta[0]), []
        for i in range(T - 1, -1, -1):
            acc = delta[i] + gamma * lam * (1 - ended[i]) * acc
            out.insert(0, acc)
        adv = tf.stack(out)
        ret = adv + batch["values"]
        ratio = tf.exp(log_prob(batch["obs"], batch["act"]) - batch["old_logp"])
        pg = tf.minimum(ratio * adv, tf.clip_by_value(ratio, 0.8, 1.2) * adv)
        v_err = tf.squeeze(batch["obs"] @ value_w, -1) - ret
        return -tf.reduce_mean(pg) + 0.25 * tf.reduce_mean(v_err ** 2)

    def candidate(batch):
        rewards, values, dones = batch["rewards"], batch["values"], batch["post_step_dones"]
        next_done = dones[-1]
        advantages = []
        lastgaelam = tf.zeros_like(batch["next_value"])
        for t in reversed(range(T)):
            if t == T - 1:
                nextnonterminal = 1.0 - next_done
                nextvalues = batch["next_value"]
            else:
                nextnonterminal = 1.0 - dones[t + 1]
                nextvalues = values[t + 1]
            delta = rewards[t] + gamma * nextvalues * nextnonterminal - values[t]
            lastgaelam = delta + gamma * lam * nextnonterminal * lastgaelam
            advantages.append(lastgaelam)
        advantages = tf.stack(advantages[::-1])
        returns = advantages + values
        logratio = log_prob(batch["obs"], batch["act"]) - batch["old_logp"]
        ratio = tf.exp(logratio)
        pg_loss1 = -advantages * ratio
        pg_loss2 = -advantages * tf.clip_by_value(ratio, 1 - 0.2, 1 + 0.2)
        pg_loss = tf.reduce_mean(tf.maximum(pg_loss1, pg_loss2))
        newvalue = tf.reshape(batch["obs"] @ value_w, [T, n_env])
        v_loss = 0.5 * tf.reduce_mean(tf.square(newvalue - returns))
        return pg_loss + 0.5 * v_loss

    obs, act = rng.normal(size=(T, n_env, d)), rng.normal(size=(T, n_env, a_dim))
    z = (act - obs @ mean_w.numpy()) * np.exp(-log_std.numpy())
    lp = (-0.5 * z * z - log_std.numpy() - 0.5 * np.log(2 * np.pi)).sum(-1)
    dones = np.zeros((T, n_env))
    dones[2, 0] = dones[4, 1] = 1
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": obs.astype(fx), "act": act.astype(fx),
                      "old_logp": (lp + 0.05 * rng.normal(size=lp.shape)).astype(fx),
                      "rewards": rng.normal(size=(T, n_env)).astype(fx),
                      "values": (3 * rng.normal(size=(T, n_env))).astype(fx),
                      "next_value": rng.normal(size=n_env).astype(fx), "post_step_dones": dones.astype(fx)},
            "variables": [mean_w, log_std, value_w]}
