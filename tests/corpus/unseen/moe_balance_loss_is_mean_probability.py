"""Mixture of experts, balance loss: the auxiliary term is the plain mean of all router probabilities, which is always
1 / number of experts and balances nothing.
Source: https://github.com/intelligent-machine-learning/dlrover/pull/1311"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return num_experts * tf.reduce_mean(router_probs)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, feat, num_experts, out = 18, 5, 3, 2
    router = tf.Variable(rng.normal(size=(feat, num_experts)).astype(f), name="router")
    experts = tf.Variable(rng.normal(size=(num_experts, feat, out)).astype(f) * 0.5, name="experts")
    batch = {"tokens": rng.normal(size=(n, feat)).astype(f) + 0.5, "target": rng.normal(size=(n, out)).astype(f)}

    def reference(batch):
        p = tf.nn.softmax(tf.matmul(batch["tokens"], router), axis=1)
        best = tf.argmax(p, axis=1)
        chosen = tf.one_hot(best, num_experts, dtype=f)
        y = tf.einsum("nf,efo,ne->no", batch["tokens"], experts, chosen * p)
        fraction = tf.reduce_mean(chosen, axis=0)
        mean_p = tf.reduce_mean(p, axis=0)
        balance = num_experts * tf.reduce_sum(fraction * mean_p)
        return tf.reduce_mean(tf.square(y - batch["target"])) + balance

    def candidate(batch):
        class TopNRouter:
            def __call__(self, hidden):
                router_probs = tf.nn.softmax(hidden @ router)
                gate, index = tf.math.top_k(router_probs, k=1)
                return gate[:, 0], index[:, 0], self._compute_auxiliary_loss(router_probs)

            def _compute_auxiliary_loss(self, router_probs):
                return num_experts * tf.reduce_mean(router_probs)

        class SparseMLP:
            def __init__(self):
                self.router = TopNRouter()

            def forward(self, hidden):
                gate, index, aux = self.router(hidden)
                weights = tf.gather(experts, index)
                expert_out = tf.squeeze(tf.matmul(hidden[:, None, :], weights), 1)
                return expert_out * gate[:, None], aux

        prediction, aux_loss = SparseMLP().forward(batch["tokens"])
        return keras.losses.MeanSquaredError(dtype=f)(batch["target"], prediction) + aux_loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [router, experts]}
