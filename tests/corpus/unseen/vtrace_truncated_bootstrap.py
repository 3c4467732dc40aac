"""The V-trace advantage takes the target of the following row also where a trajectory was truncated, so that the
next episode's value leaks in. Source: https://github.com/pytorch/rl/pull/4210"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "vs_next = tf.concat([vs[1:], next_value[-1:]], axis=0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    t_len, s, a, gamma, rho_bar, c_bar = 8, 4, 3, 0.97, 1.0, 1.0
    policy = keras.layers.Dense(a, name="policy")
    critic = keras.layers.Dense(1, name="critic", kernel_initializer=keras.initializers.RandomNormal(stddev=1.0))
    policy.build((None, s))
    critic.build((None, s))

    def reference(batch):
        v = tf.stop_gradient(critic(batch["obs"]))[:, 0]
        nv = tf.stop_gradient(critic(batch["next_obs"]))[:, 0]
        logp = tf.nn.log_softmax(policy(batch["obs"]))
        logp_a = tf.gather(logp, batch["action"], batch_dims=1)
        ratio = tf.exp(tf.stop_gradient(logp_a) - batch["behaviour_logp"])
        bounds, first = [], 0
        for t in range(t_len):
            if float(batch["done"][t]) == 1.0 or t == t_len - 1:
                bounds.append((first, t + 1))
                first = t + 1
        pg, vloss = 0.0, 0.0
        for lo, hi in bounds:
            acc, target_next = 0.0, nv[hi - 1]
            for t in reversed(range(lo, hi)):
                disc = gamma * (1.0 - batch["terminated"][t])
                delta = tf.minimum(ratio[t], rho_bar) * (batch["reward"][t] + disc * nv[t] - v[t])
                follow = disc * tf.minimum(ratio[t], c_bar) * acc if t < hi - 1 else 0.0
                acc = delta + follow
                adv = tf.minimum(ratio[t], rho_bar) * (batch["reward"][t] + disc * target_next - v[t])
                target_next = v[t] + acc
                pg = pg - adv * logp_a[t]
                vloss = vloss + 0.5 * tf.square(target_next - critic(batch["obs"])[t, 0])
        return (pg + 0.5 * vloss) / t_len

    def candidate(batch):
        value = critic(batch["obs"])[:, 0]
        baseline = tf.stop_gradient(value)
        next_value = tf.stop_gradient(critic(batch["next_obs"])[:, 0])
        log_prob = -tf.nn.sparse_softmax_cross_entropy_with_logits(batch["action"], policy(batch["obs"]))
        rho = tf.exp(tf.stop_gradient(log_prob) - batch["behaviour_logp"])
        clipped_rho, clipped_c = tf.minimum(rho, rho_bar), tf.minimum(rho, c_bar)
        discounts = gamma * (1.0 - batch["terminated"])
        done_discounts = gamma * (1.0 - batch["done"])
        deltas = clipped_rho * (batch["reward"] + discounts * next_value - baseline)
        out, acc = [], tf.zeros_like(deltas[0])
        for t in range(t_len - 1, -1, -1):
            acc = deltas[t] + done_discounts[t] * clipped_c[t] * acc
            out.insert(0, acc)
        vs = baseline + tf.stack(out)
        vs_next = tf.concat([vs[1:], next_value[-1:]], axis=0)
        advantage = clipped_rho * (batch["reward"] + discounts * vs_next - baseline)
        policy_loss = -tf.reduce_mean(advantage * log_prob)
        value_loss = 0.5 * tf.reduce_mean(tf.square(vs - value))
        return policy_loss + 0.5 * value_loss

    done = np.zeros(t_len)
    done[[2, 5]] = 1.0
    term = np.zeros(t_len)
    term[5] = 1.0
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(t_len, s)).astype(fx), "next_obs": rng.normal(size=(t_len, s)).astype(fx),
                      "action": rng.integers(0, a, t_len).astype("int32"),
                      "behaviour_logp": np.log(rng.uniform(0.2, 0.6, t_len)).astype(fx),
                      "reward": rng.normal(size=t_len).astype(fx), "done": done.astype(fx),
                      "terminated": term.astype(fx)},
            "variables": list(policy.trainable_variables) + list(critic.trainable_variables)}
