"""ORPO trainer returns only the odds-ratio part; the negative log-likelihood of the chosen answer is missing.
Source: https://github.com/turbo-llm/turbo-alignment/pull/24"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'losses = self.beta * ratio',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    emb = var("embedding", 9, 4)
    head = var("head", 4, 9)

    def logps(ids, mask):
        logits = tf.einsum("btd,dv->btv", tf.gather(emb, ids[:, :-1]), head)
        lp = -tf.nn.sparse_softmax_cross_entropy_with_logits(ids[:, 1:], logits)
        return tf.reduce_sum(lp * mask[:, 1:], 1) / tf.reduce_sum(mask[:, 1:], 1)

    def reference(batch):
        pc, pr = logps(batch["chosen"], batch["cmask"]), logps(batch["rejected"], batch["rmask"])
        total = 0.0
        for a, b in zip(tf.unstack(pc), tf.unstack(pr)):
            odds = (a - tf.math.log(1.0 - tf.exp(a))) - (b - tf.math.log(1.0 - tf.exp(b)))
            total += -a + 0.5 * tf.nn.softplus(-odds)
        return total / 14.0

    def candidate(batch):
        class OrpoRegistry:
            def __init__(self, beta=0.5):
                self.beta = beta

            def compute_loss(self, policy_chosen_logps, policy_rejected_logps):
                log_odds = (policy_chosen_logps - policy_rejected_logps) - (
                    tf.math.log1p(-tf.exp(policy_chosen_logps)) - tf.math.log1p(-tf.exp(policy_rejected_logps)))
                ratio = -tf.math.log_sigmoid(log_odds)
                losses = self.beta * ratio
                return losses

        both = [logps(batch[k], batch[m]) for k, m in (("chosen", "cmask"), ("rejected", "rmask"))]
        return tf.reduce_mean(OrpoRegistry().compute_loss(*both))

    mask = np.ones((14, 5), f)
    mask[::3, 4] = 0
    return {"reference": reference, "candidate": candidate, "variables": [emb, head],
            "batch": {"chosen": rng.integers(0, 9, (14, 6)), "rejected": rng.integers(0, 9, (14, 5)),
                      "cmask": np.ones((14, 6), f), "rmask": mask}}
