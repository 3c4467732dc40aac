"""V-trace with several action components: the two arguments of get_log_rhos are swapped, so the importance ratio is mu / pi.

Source (real): https://github.com/ray-project/ray/pull/4338 (rllib IMPALA, TensorFlow; fixes #4329).
Right answer: NOT equivalent; corrections and advantages use the inverse ratio.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "log_rhos = get_log_rhos(behaviour_action_log_probs, target_action_log_probs)",
    "same_forward_value": False,
}

_GAMMA = 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, d = 12, 5, 4
    sizes = (3, 2)

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    heads = [tf.Variable(0.7 * arr(d, k), name=f"head{i}_w") for i, k in enumerate(sizes)]
    wv = tf.Variable(0.5 * arr(d), name="value_w")
    batch = {
        "obs": arr(n, steps, d),
        "last_obs": arr(n, d),
        "act": np.stack([rng.integers(0, k, (n, steps)) for k in sizes], axis=-1),
        "mu_logp": np.log(rng.uniform(0.15, 0.8, (n, steps, len(sizes)))).astype(f),
        "rew": arr(n, steps),
    }

    def reference(b):
        loss = 0.0
        m = b["rew"].shape[0]
        for i in range(m):
            logp, rho, value = [], [], []
            for t in range(steps):
                x = b["obs"][i, t][None]
                parts = [tf.nn.log_softmax(x @ w)[0, b["act"][i, t, j]] for j, w in enumerate(heads)]
                logp.append(tf.add_n(parts))
                pi_over_mu = tf.exp(tf.stop_gradient(logp[-1])) / tf.exp(tf.reduce_sum(b["mu_logp"][i, t]))
                rho.append(tf.minimum(pi_over_mu, 1.0))
                value.append(tf.tensordot(b["obs"][i, t], wv, 1))
            fixed = [tf.stop_gradient(v) for v in value] + [tf.stop_gradient(tf.tensordot(b["last_obs"][i], wv, 1))]
            vs = [None] * steps + [fixed[-1]]
            for t in reversed(range(steps)):
                delta = rho[t] * (b["rew"][i, t] + _GAMMA * fixed[t + 1] - fixed[t])
                vs[t] = fixed[t] + delta + _GAMMA * rho[t] * (vs[t + 1] - fixed[t + 1])
            for t in range(steps):
                adv = rho[t] * (b["rew"][i, t] + _GAMMA * vs[t + 1] - fixed[t])
                loss += -adv * logp[t] + 0.25 * tf.square(vs[t] - value[t])
        return loss / m

    def candidate(b):
        def get_log_rhos(target_action_log_probs, behaviour_action_log_probs):
            t = tf.stack(target_action_log_probs)
            m = tf.stack(behaviour_action_log_probs)
            return tf.reduce_sum(t - m, axis=0)

        def from_importance_weights(log_rhos, rewards, values, bootstrap_value):
            clipped = tf.minimum(1.0, tf.exp(log_rhos))
            values_t_plus_1 = tf.concat([values[:, 1:], bootstrap_value[:, None]], axis=1)
            deltas = clipped * (rewards + _GAMMA * values_t_plus_1 - values)
            acc, out = tf.zeros_like(bootstrap_value), []
            for t in range(steps - 1, -1, -1):
                acc = deltas[:, t] + _GAMMA * clipped[:, t] * acc
                out.insert(0, acc)
            vs = tf.stack(out, axis=1) + values
            vs_t_plus_1 = tf.concat([vs[:, 1:], bootstrap_value[:, None]], axis=1)
            pg_advantages = clipped * (rewards + _GAMMA * vs_t_plus_1 - values)
            return tf.stop_gradient(vs), tf.stop_gradient(pg_advantages)

        target_action_log_probs, behaviour_action_log_probs = [], []
        for j, w in enumerate(heads):
            logits = tf.einsum("ntd,dk->ntk", b["obs"], w)
            target_action_log_probs.append(tf.gather(tf.nn.log_softmax(logits), b["act"][..., j], batch_dims=2))
            behaviour_action_log_probs.append(b["mu_logp"][..., j])
        log_rhos = get_log_rhos(behaviour_action_log_probs, target_action_log_probs)
        values = tf.einsum("ntd,d->nt", b["obs"], wv)
        vs, adv = from_importance_weights(log_rhos, b["rew"], values, tf.linalg.matvec(b["last_obs"], wv))
        pi_loss = -tf.reduce_sum(tf.add_n(target_action_log_probs) * adv, axis=1)
        vf_loss = 0.5 * tf.reduce_sum(tf.square(values - vs), axis=1)
        return tf.reduce_mean(pi_loss + 0.5 * vf_loss)

    return {"variables": [*heads, wv], "batch": batch, "reference": reference, "candidate": candidate}
