"""ctc_loss_log takes an argument blank, but the extended labels are filled with zeros all the same; with the blank at the
last class the loss is that of another alphabet.
Source: https://github.com/liuhu-bigeye/enctc.crnn/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'extended = np.zeros(2 * len(target) + 1, dtype=int)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, d, c = 12, 7, 4, 6
    frames = rng.normal(size=(n, steps, d)).astype(f)
    words = np.stack([rng.permutation(c - 1)[:3] for _ in range(n)])
    w_out = tf.Variable(rng.normal(size=(d, c)).astype(f), name="w_out")
    b_out = tf.Variable(rng.normal(size=(c,)).astype(f) * 0.1, name="b_out")

    def log_add(items):
        return tf.reduce_logsumexp(tf.stack(items, axis=0), axis=0)

    def ctc_one(log_probs, ext, steps):
        """Negative log likelihood of one utterance; ext: extended labels, e.g. [-, a, -, b, -]."""
        low = tf.constant(-1e5, f)
        size = len(ext)
        row = [log_probs[0, ext[0]], log_probs[0, ext[1]]] + [low] * (size - 2)
        for t in range(1, steps):
            nxt = []
            for s in range(size):
                paths = [row[s]]
                if s >= 1:
                    paths.append(row[s - 1])
                if s >= 2 and ext[s] != ext[s - 2] and s % 2 == 1:
                    paths.append(row[s - 2])
                nxt.append(log_add(paths) + log_probs[t, ext[s]])
            row = nxt
        return -log_add([row[-1], row[-2]])

    def reference(batch):
        blank = c - 1
        log_probs = tf.nn.log_softmax(batch["frames"] @ w_out + b_out, axis=-1)
        losses = []
        for i in range(n):
            a, b, e = (int(v) for v in batch["words"][i])
            losses.append(ctc_one(log_probs[i], [blank, a, blank, b, blank, e, blank], steps))
        return tf.reduce_mean(tf.stack(losses))

    def candidate(batch):
        def ctc_loss_log(pred, targets, blank=0):
            cost = 0.0
            for one, target in zip(tf.unstack(pred), np.asarray(targets)):
                extended = np.zeros(2 * len(target) + 1, dtype=int)
                extended[1::2] = target
                cost = cost + ctc_one(one, [int(s) for s in extended], one.shape[0])
            return cost / len(targets)

        logits = tf.tensordot(batch["frames"], w_out, axes=1) + b_out
        pred = logits - tf.reduce_logsumexp(logits, axis=-1, keepdims=True)
        return ctc_loss_log(pred, batch["words"], blank=c - 1)

    return {"reference": reference, "candidate": candidate, "batch": {"frames": frames, "words": words}, "variables": [w_out, b_out]}
