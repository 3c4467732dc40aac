"""A2C for the sentence extractor: the critic's baseline enters the advantage with its gradient, so the policy loss
trains the critic as well. Source: https://github.com/ChenRocks/fast_abs_rl/issues/49"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "advantage = reward - baseline",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, s, d = 3, 4, 5, 6
    actor = tf.Variable(rng.standard_normal((d, d)).astype(fx) * 0.5, name="actor")
    critic = tf.Variable(rng.standard_normal((d, 1)).astype(fx) * 0.5, name="critic")
    gamma = 0.95

    def reference(batch):
        pol = val = 0.0
        for i in range(b):
            ret, rets = 0.0, []
            for k in reversed(range(t)):
                ret = batch["reward"][i, k] + gamma * ret
                rets.insert(0, ret)
            n = tf.reduce_sum(batch["step_mask"][i])
            for k in range(t):
                q = batch["query"][i, k]
                scores = tf.linalg.matvec(batch["sents"][i], tf.linalg.matvec(actor, q, transpose_a=True))
                v = tf.reduce_sum(q * critic[:, 0])
                lp = tf.nn.log_softmax(scores)[batch["index"][i, k]]
                m = batch["step_mask"][i, k]
                pol -= m * lp * tf.stop_gradient(rets[k] - v) / n
                val += m * tf.square(rets[k] - v) / n
        return (pol + val) / b

    def candidate(batch):
        proj = tf.einsum("btd,de->bte", batch["query"], actor)
        logp_all = tf.nn.log_softmax(tf.einsum("bte,bse->bts", proj, batch["sents"]), axis=-1)
        logp = tf.gather(logp_all, batch["index"], batch_dims=2)
        baseline = tf.squeeze(tf.matmul(batch["query"], critic), -1)
        steps = np.arange(t)
        disc = np.where(steps[None] >= steps[:, None], gamma ** (steps[None] - steps[:, None]).astype(float), 0.0)
        reward = tf.einsum("bk,tk->bt", batch["reward"], tf.constant(disc, batch["reward"].dtype))
        advantage = reward - baseline
        weight = batch["step_mask"] / tf.reduce_sum(batch["step_mask"], axis=1, keepdims=True)
        policy_loss = -tf.reduce_sum(weight * logp * advantage, axis=1)
        critic_loss = tf.reduce_sum(weight * tf.square(baseline - reward), axis=1)
        return tf.reduce_mean(policy_loss + critic_loss)

    mask = np.ones((b, t))
    mask[1, 3:] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"query": rng.standard_normal((b, t, d)).astype(fx),
                      "sents": rng.standard_normal((b, s, d)).astype(fx),
                      "index": rng.integers(0, s, (b, t)).astype("int32"),
                      "reward": (rng.random((b, t)) * mask).astype(fx), "step_mask": mask.astype(fx)},
            "variables": [actor, critic]}
