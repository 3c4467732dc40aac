"""verl's rloo_vectorized masks its advantages with (count > 1): with one response per prompt every group is a singleton and
the whole advantage is zero, while the loop version leaves the raw score of a singleton. The policy gets no gradient.
Source: https://github.com/verl-project/verl/pull/7581"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "adv = (c * scores - total) / tf.maximum(c - 1.0, 1.0) * tf.cast(c > 1.0, f)",
    "same_forward_value": False,
}

N, T, D, V = 16, 5, 6, 9


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    head = keras.Variable(rng.normal(size=(D, V)) * 0.4, dtype=f, name="lm_head")
    bias = keras.Variable(np.zeros(V), dtype=f, name="lm_bias")
    lengths = rng.integers(2, T + 1, size=N)

    def reference(batch):
        logits = tf.einsum("btd,dv->btv", batch["hidden"], tf.convert_to_tensor(head)) + bias
        logp = tf.gather(tf.nn.log_softmax(logits), batch["tokens"], axis=2, batch_dims=2)
        advantages = []
        for i in range(N):
            same = tf.cast(tf.equal(batch["uid"], batch["uid"][i]), f)
            num = tf.reduce_sum(same)
            mean = tf.reduce_sum(same * batch["scores"]) / num
            score = batch["scores"][i]
            loo = score * num / tf.maximum(num - 1.0, 1.0) - mean * num / tf.maximum(num - 1.0, 1.0)
            advantages.append(tf.where(num > 1.0, loo, score))
        advantages = tf.stack(advantages)[:, None] * batch["mask"]
        return -tf.reduce_sum(logp * advantages) / tf.reduce_sum(batch["mask"])

    def candidate(batch):
        scores, inv = batch["scores"], batch["uid"]
        c = tf.gather(tf.math.unsorted_segment_sum(tf.ones_like(scores), inv, N), inv)
        total = tf.gather(tf.math.unsorted_segment_sum(scores, inv, N), inv)
        adv = (c * scores - total) / tf.maximum(c - 1.0, 1.0) * tf.cast(c > 1.0, f)
        flat = tf.reshape(batch["hidden"], [N * T, D]) @ tf.convert_to_tensor(head) + bias
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.reshape(batch["tokens"], [-1]), flat)
        per_token = tf.reshape(nll, [N, T]) * adv[:, None]
        return tf.reduce_sum(per_token * batch["mask"]) / tf.reduce_sum(batch["mask"])

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"hidden": rng.normal(size=(N, T, D)).astype(f),
                  "tokens": rng.integers(0, V, size=(N, T)).astype("int32"),
                  "mask": (np.arange(T)[None] < lengths[:, None]).astype(f),
                  "scores": rng.normal(size=N).astype(f), "uid": rng.permutation(N).astype("int32")},
        "variables": [head, bias],
    }
