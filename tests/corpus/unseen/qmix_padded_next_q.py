"""QMIX: the target Qs of a sequence are shifted by one and padded with -9999999; a sequence that is cut off (not
terminated) bootstraps from the padding. The patch hands next_obs to the loss.
Source: https://github.com/ray-project/ray/pull/4735"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "target_max_qvals = tf.concat([best[:, 1:], pad], axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, agents, obs, acts, gamma = 12, 4, 2, 6, 3, 0.9
    q_net = keras.layers.Dense(acts, name="agent_q")
    t_net = keras.layers.Dense(acts, name="agent_t")
    q_net.build((None, obs))
    t_net.build((None, obs))

    def reference(batch):
        total, count = 0.0, 0.0
        for t in range(steps):
            q_tot, next_tot = 0.0, 0.0
            for g in range(agents):
                q = q_net(batch["obs"][:, t, g])
                q_tot += tf.gather(q, batch["action"][:, t, g], batch_dims=1)
                next_tot += tf.reduce_max(t_net(batch["next_obs"][:, t, g]), axis=1)
            y = batch["reward"][:, t] + gamma * (1 - batch["terminated"][:, t]) * tf.stop_gradient(next_tot)
            m = batch["mask"][:, t]
            total += tf.reduce_sum(m * (q_tot - y) ** 2)
            count += tf.reduce_sum(m)
        return total / count

    def candidate(batch):
        def unroll_mac(layer, obs_):
            flat = tf.reshape(obs_, (-1, obs))
            return tf.reshape(layer(flat), (n, steps, agents, acts))

        class VDNMixer:
            def __call__(self, agent_qs):
                return tf.reduce_sum(agent_qs, axis=2)

        mixer = VDNMixer()
        mac_out = unroll_mac(q_net, batch["obs"])
        chosen_action_qvals = tf.gather(mac_out, batch["action"], axis=3, batch_dims=3)
        target_mac_out = unroll_mac(t_net, batch["obs"])
        best = tf.reduce_max(target_mac_out, axis=3)
        pad = tf.fill((n, 1, agents), tf.constant(-9999999, f))
        target_max_qvals = tf.concat([best[:, 1:], pad], axis=1)
        targets = batch["reward"] + gamma * (1 - batch["terminated"]) * mixer(target_max_qvals)
        td_error = mixer(chosen_action_qvals) - tf.stop_gradient(targets)
        masked_td_error = td_error * batch["mask"]
        return tf.reduce_sum(masked_td_error ** 2) / tf.reduce_sum(batch["mask"])

    stream = rng.normal(size=(n, steps + 1, agents, obs))
    lengths = rng.integers(2, steps + 1, n)
    lengths[:5] = steps
    mask = np.arange(steps)[None] < lengths[:, None]
    term = np.zeros((n, steps))
    term[np.arange(5, n), lengths[5:] - 1] = 1      # the first five are cut off at the end of the sequence
    batch = {"obs": stream[:, :-1].astype(f), "next_obs": stream[:, 1:].astype(f),
             "action": rng.integers(0, acts, (n, steps, agents)), "reward": rng.normal(size=(n, steps)).astype(f),
             "terminated": term.astype(f), "mask": mask.astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": q_net.trainable_variables}
