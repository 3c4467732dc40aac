"""Group normalisation recovers the groups by a fixed stride; a group that lost a failed rollout shifts all later ones.
Source: https://github.com/areal-project/AReaL/issues/1419"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "s = slice(g * group_size, (g + 1) * group_size)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    group_size, d, a = 3, 4, 5
    ids = np.array([0, 0, 1, 1, 1, 2, 2, 2])
    n = len(ids)
    w = tf.Variable(rng.normal(size=(d, a)).astype(fx), name="policy")
    b = tf.Variable(rng.normal(size=(a,)).astype(fx), name="policy_bias")

    def logp_of(x, action):
        return tf.gather(tf.nn.log_softmax(x @ w + b), action, batch_dims=1)

    def reference(batch):
        gid, r = batch["prompt_id"], batch["reward"]
        count = tf.math.unsorted_segment_sum(tf.ones_like(r), gid, 3)
        mean = tf.math.unsorted_segment_sum(r, gid, 3) / count
        dev = r - tf.gather(mean, gid)
        var = tf.math.unsorted_segment_sum(tf.square(dev), gid, 3) / count
        adv = dev / (tf.sqrt(tf.gather(var, gid)) + 1e-5)
        return -tf.reduce_mean(adv * logp_of(batch["x"], batch["action"]))

    def candidate(batch):
        rewards = batch["reward"]
        bs = rewards.shape[0]
        chunks = []
        for g in range(-(-bs // group_size)):
            s = slice(g * group_size, (g + 1) * group_size)
            xx = rewards[s]
            mean = tf.reduce_mean(xx)
            std = tf.math.reduce_std(xx)
            chunks.append((xx - mean) / (std + 1e-5))
        advantages = tf.concat(chunks, axis=0)
        logps = logp_of(batch["x"], batch["action"])
        pg_loss = -advantages * logps
        return tf.reduce_mean(pg_loss)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "x": rng.normal(size=(n, d)).astype(fx),
            "action": rng.integers(0, a, size=n).astype("int32"),
            "reward": (rng.normal(size=n) + 1.5 * ids).astype(fx),
            "prompt_id": ids.astype("int32"),
        },
        "variables": [w, b],
    }
