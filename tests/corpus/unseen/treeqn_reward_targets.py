"""TreeQN's reward loss: the k-step reward targets run on into the next episode when an episode ends within the tree depth.

Source (real): https://github.com/oxwhirl/treeqn/issues/3 (PyTorch, ported; mended in pull/4).
Right answer: NOT equivalent; targets after the end of the episode must be zero.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "proc_seq = tf.stack([seq[:, offset:offset + nsteps] for offset in range(depth)], axis=-1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, nsteps, depth, d, emb = 13, 5, 3, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    embed = tf.Variable(0.6 * arr(d, emb), name="embed")
    transition = tf.Variable(0.5 * arr(emb, emb), name="transition")
    reward_head = tf.Variable(0.5 * arr(emb), name="reward_head")
    batch = {
        "obs": arr(n, nsteps, d),
        "rewards": arr(n, nsteps + depth - 1),
        "dones": (rng.random((n, nsteps + depth - 1)) < 0.25).astype(f),
    }

    def reference(b):
        envs = b["obs"].shape[0]
        total = 0.0
        for e in range(envs):
            for t in range(nsteps):
                h = tf.tanh(tf.linalg.matvec(embed, b["obs"][e, t], transpose_a=True))
                alive = 1.0
                for k in range(depth):
                    h = h + tf.tanh(tf.linalg.matvec(transition, h, transpose_a=True))
                    predicted = tf.reduce_sum(h * reward_head)
                    total += tf.square(predicted - alive * b["rewards"][e, t + k])
                    alive = alive * (1.0 - b["dones"][e, t + k])
        return total / (envs * nsteps * depth)

    def candidate(b):
        def tree_rewards(obs):
            state = tf.tanh(obs @ embed)
            rewards = []
            for _ in range(depth):
                state = state + tf.tanh(state @ transition)
                rewards.append(tf.linalg.matvec(state, reward_head))
            return tf.stack(rewards, axis=-1)

        seq = b["rewards"]
        proc_seq = tf.stack([seq[:, offset:offset + nsteps] for offset in range(depth)], axis=-1)
        pred = tree_rewards(b["obs"])
        return tf.reduce_mean(tf.math.squared_difference(pred, proc_seq))

    return {"variables": [embed, transition, reward_head], "batch": batch,
            "reference": reference, "candidate": candidate}
