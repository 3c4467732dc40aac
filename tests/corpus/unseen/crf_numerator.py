"""Linear-chain CRF: the path score reads transition[prev, next], the partition function transition[next, prev].
Source: https://github.com/freddyalfonsoboulton/crf_tutorial/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "score += transition[prev_state, state] + feats[state]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, L, d, K = 3, 5, 4, 3
    emit = tf.Variable((0.7 * rng.normal(size=(d, K))).astype(fx), name="emit")
    transition = tf.Variable(rng.normal(size=(K, K + 1)).astype(fx), name="transition")
    tags = rng.integers(0, K, (n, L))

    def reference(batch):
        unary = batch["x"] @ emit
        one = tf.one_hot(batch["tags"], K, dtype=unary.dtype)
        gold = tf.reduce_sum(one * unary, axis=(1, 2))
        gold += tf.einsum("bk,k->b", one[:, 0], transition[:, K])
        gold += tf.einsum("btj,ji,bti->b", one[:, 1:], transition[:, :K], one[:, :-1])
        alpha = unary[:, 0] + transition[:, K]
        for t in range(1, L):
            alpha = unary[:, t] + tf.reduce_logsumexp(alpha[:, None, :] + transition[None, :, :K], axis=2)
        return tf.reduce_mean(tf.reduce_logsumexp(alpha, axis=1) - gold)

    def candidate(batch):
        def likelihood_numerator(loglikelihoods, states):
            score = loglikelihoods[0][states[0]] + transition[states[0], K]
            prev_state = states[0]
            for feats, state in zip(loglikelihoods[1:], states[1:]):
                score += transition[prev_state, state] + feats[state]
                prev_state = state
            return score

        def likelihood_denominator(loglikelihoods):
            prev_alpha = transition[:, K] + loglikelihoods[0]
            for roll in loglikelihoods[1:]:
                alpha_t = []
                for next_state in range(K):
                    terms = prev_alpha + transition[next_state, :K] + roll[next_state]
                    alpha_t.append(tf.reduce_logsumexp(terms))
                prev_alpha = tf.stack(alpha_t)
            return tf.reduce_logsumexp(prev_alpha)

        feats_all = tf.einsum("btd,dk->btk", batch["x"], emit)
        nll = []
        for i in range(n):
            rows = tf.unstack(feats_all[i])
            path = [int(s) for s in batch["tags"][i]]
            nll.append(likelihood_denominator(rows) - likelihood_numerator(rows, path))
        return tf.add_n(nll) / n

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, L, d)).astype(fx), "tags": tags.astype("int32")},
            "variables": [emit, transition]}
