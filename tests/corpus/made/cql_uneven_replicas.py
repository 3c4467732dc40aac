"""Conservative Q-learning split over replicas: the replica means are averaged though the last shard is smaller.

Source (realistic): manual data-parallel loops; tf.distribute's guide warns to use tf.nn.compute_average_loss with the
global batch size for exactly this reason.
Right answer: NOT equivalent; the two samples of the short shard weigh four times as much.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "per_replica.append(tf.reduce_mean(conservative + bellman))",
    "same_forward_value": False,
}

_ALPHA, _SHARDS = 0.7, (8, 8, 2)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = sum(_SHARDS), 5, 6, 4

    w1 = tf.Variable((0.7 * rng.standard_normal((d, hid))).astype(f), name="q_w1")
    w2 = tf.Variable((0.7 * rng.standard_normal((hid, acts))).astype(f), name="q_w2")
    target = rng.standard_normal(n)
    target[-2:] += 2.0
    batch = {
        "obs": rng.standard_normal((n, d)).astype(f),
        "act": rng.integers(0, acts, n),
        "target": target.astype(f),
    }

    def q_values(obs):
        return tf.nn.elu(obs @ w1) @ w2

    def reference(b):
        m = b["act"].shape[0]
        total = 0.0
        for i in range(m):
            q = q_values(b["obs"][i : i + 1])[0]
            mine = q[b["act"][i]]
            total += _ALPHA * (tf.math.log(tf.reduce_sum(tf.exp(q))) - mine)
            total += 0.5 * tf.square(mine - b["target"][i])
        return total / m

    def candidate(b):
        pieces = zip(*(tf.split(b[k], list(_SHARDS)) for k in ("obs", "act", "target")))
        per_replica = []
        for obs, act, target in pieces:
            q = q_values(obs)
            mine = tf.gather_nd(q, act[:, None], batch_dims=1)
            conservative = _ALPHA * (tf.reduce_logsumexp(q, axis=1) - mine)
            bellman = 0.5 * tf.square(mine - target)
            per_replica.append(tf.reduce_mean(conservative + bellman))
        return tf.add_n(per_replica) / len(per_replica)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
