"""Option scores of a cloze reader are divided by the sum over the whole batch, not over each question's own options.
Source: https://github.com/allenai/deep_qa/pull/152"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'norm = tf.reduce_sum(kept)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    b, words, dim, options = 8, 12, 6, 4
    doc = rng.normal(size=(b, words, dim)).astype("float32")
    question = rng.normal(size=(b, dim)).astype("float32")
    # which option, if any, every word of the passage belongs to
    owner = rng.integers(-1, options, size=(b, words))
    member = (owner[:, :, None] == np.arange(options)).astype("float32")
    n_options = rng.integers(2, options + 1, size=b)
    option_mask = (np.arange(options)[None] < n_options[:, None]).astype("float32")
    for i in range(b):
        member[i, :options] = np.eye(options)
    answer = np.array([rng.integers(0, n) for n in n_options]).astype("int32")

    w = tf.Variable(rng.normal(size=(dim, dim)).astype("float32") * 0.4)
    u = tf.Variable(rng.normal(size=(dim,)).astype("float32") * 0.3)

    def reference(batch):
        losses = []
        for i in range(b):
            score = tf.linalg.matvec(batch["doc"][i], tf.linalg.matvec(w, batch["question"][i]) + u)
            attention = tf.exp(score - tf.reduce_logsumexp(score))
            mass = tf.linalg.matvec(batch["member"][i], attention, transpose_a=True)
            allowed = mass * batch["option_mask"][i]
            losses.append(-tf.math.log(allowed[batch["answer"][i]] / tf.reduce_sum(allowed)))
        return tf.add_n(losses) / b

    def l1_normalize(tensor_to_normalize, mask):
        kept = mask * tensor_to_normalize
        norm = tf.reduce_sum(kept)
        return kept / norm

    def candidate(batch):
        query = tf.einsum("de,be->bd", w, batch["question"]) + u
        attention = tf.nn.softmax(tf.einsum("bwd,bd->bw", batch["doc"], query))
        option_scores = tf.einsum("bw,bwo->bo", attention, batch["member"])
        option_probs = l1_normalize(option_scores, batch["option_mask"])
        log_likelihood = tf.math.log(tf.gather(option_probs, batch["answer"], batch_dims=1))
        return -tf.reduce_mean(log_likelihood)

    return {"reference": reference, "candidate": candidate,
            "batch": {"doc": doc, "question": question, "member": member, "option_mask": option_mask, "answer": answer},
            "variables": [w, u]}
