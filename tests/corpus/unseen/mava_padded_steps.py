"""Recurrent MADDPG critic: the steps that only pad the sequence are averaged into the TD loss.

Source (real): https://github.com/instadeepai/Mava/issues/358 (TensorFlow; "the loss for padded experience should still be masked out").
Right answer: NOT equivalent; the critic is pulled towards zero on padding.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "critic_losses[agent] = tf.reduce_mean(0.5 * tf.square(td_error))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, d, gamma = 14, 6, 4, 0.9
    agents = ("agent_0", "agent_1")

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wx = tf.Variable(0.5 * arr(2 * d, 5), name="critic_in")
    wh = tf.Variable(0.3 * arr(5, 5), name="critic_rec")
    heads = {a: tf.Variable(0.6 * arr(5), name=f"head_{a}") for a in agents}
    length = rng.integers(2, steps + 1, n)
    valid = (np.arange(steps)[None] < length[:, None]).astype(f)
    batch = {
        "joint_obs": (arr(n, steps, 2 * d) * valid[..., None]).astype(f),
        "target_q": (arr(n, steps, 2) * valid[..., None]).astype(f),
        "rewards": (arr(n, steps, 2) * valid[..., None]).astype(f),
        "mask": valid,
    }

    def unroll(obs):
        h, out = tf.zeros([obs.shape[0], 5], obs.dtype), []
        for t in range(obs.shape[1]):
            h = tf.tanh(obs[:, t] @ wx + h @ wh + 0.3)
            out.append(h)
        return tf.stack(out, axis=1)

    def reference(b):
        errors = []
        for i in range(b["joint_obs"].shape[0]):
            T = int(tf.reduce_sum(b["mask"][i]))
            h = unroll(b["joint_obs"][i : i + 1, :T])[0]
            per_agent = []
            for k, a in enumerate(agents):
                q = tf.linalg.matvec(h, heads[a])
                y = b["rewards"][i, :T, k] + gamma * b["target_q"][i, :T, k]
                per_agent.append(0.5 * tf.square(y - q))
            errors.append(tf.add_n(per_agent))
        return tf.reduce_mean(tf.concat(errors, axis=0))

    def candidate(b):
        embed = unroll(b["joint_obs"])
        critic_losses = {}
        for k, agent in enumerate(agents):
            q_tm1 = tf.linalg.matvec(embed, heads[agent])
            r_t = b["rewards"][..., k]
            target = tf.stop_gradient(r_t + gamma * b["target_q"][..., k])
            td_error = target - q_tm1
            critic_losses[agent] = tf.reduce_mean(0.5 * tf.square(td_error))
        return tf.add_n([critic_losses[a] for a in agents])

    return {"variables": [wx, wh, *heads.values()], "batch": batch, "reference": reference, "candidate": candidate}
