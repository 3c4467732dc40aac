"""A reader wants to shift the cumulative discounted reward by one step; the terminal reward is
already [gamma^2, gamma, 1] and the code is right.
Source: https://github.com/shehzaadzd/MINERVA/issues/28"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    bsz, path, dim, n_rel, gamma, beta = 4, 3, 4, 5, 0.8, 0.05
    w = tf.Variable((rng.standard_normal((dim, n_rel)) * 0.7).astype(fx), name="w")

    def reference(batch):
        logits = tf.einsum("btd,dr->btr", batch["state"], w) + (batch["avail"] - 1.0) * 1e4
        logp = tf.nn.log_softmax(logits)
        nll = -tf.gather(logp, batch["relation"], batch_dims=2)
        powers = np.array([gamma ** (path - 1 - t) for t in range(path)]).astype(fx)
        ret = batch["reward"][:, None] * powers[None, :]
        ret = (ret - batch["baseline"])
        mu = tf.reduce_mean(ret)
        ret = (ret - mu) / (tf.sqrt(tf.reduce_mean((ret - mu) ** 2)) + 1e-6)
        ent = -tf.reduce_mean(tf.reduce_sum(tf.exp(logp) * logp, axis=2))
        return tf.reduce_mean(nll * ret) - beta * ent

    def candidate(batch):
        cum = [tf.zeros_like(batch["reward"]) for _ in range(path)]
        cum[path - 1] = batch["reward"]
        running_add = tf.zeros_like(batch["reward"])
        for t in reversed(range(path)):
            running_add = gamma * running_add + cum[t]
            cum[t] = running_add
        final = tf.stack(cum, axis=1) - batch["baseline"]
        mean, var = tf.nn.moments(final, axes=[0, 1])
        final = (final - mean) / (tf.sqrt(var) + 1e-6)
        losses, entropies = [], []
        for t in range(path):
            score = tf.matmul(batch["state"][:, t], w)
            score = tf.where(batch["avail"][:, t] > 0.5, score, score - 1e4)
            losses.append(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["relation"][:, t], logits=score))
            lp = tf.nn.log_softmax(score)
            entropies.append(-tf.reduce_mean(tf.reduce_sum(tf.exp(lp) * lp, axis=1)))
        loss = tf.stack(losses, axis=1) * tf.stop_gradient(final)
        return tf.reduce_mean(loss) - beta * tf.add_n(entropies) / path

    relation = rng.integers(0, n_rel, (bsz, path))
    avail = (rng.random((bsz, path, n_rel)) < 0.7).astype(float)
    np.put_along_axis(avail, relation[..., None], 1.0, axis=-1)
    return {"reference": reference, "candidate": candidate,
            "batch": {"state": rng.standard_normal((bsz, path, dim)).astype(fx), "relation": relation.astype("int32"),
                      "avail": avail.astype(fx), "reward": np.array([1, 0, 1, 0]).astype(fx),
                      "baseline": np.asarray(0.3, dtype=fx)},
            "variables": [w]}
