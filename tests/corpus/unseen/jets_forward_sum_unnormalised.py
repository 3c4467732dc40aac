"""Forward-sum alignment loss of JETS: ctc_loss wants log probabilities, but once the log prior is added and the blank
column padded on, the rows no longer sum to one. The mend puts a log_softmax before it.
Source: https://github.com/espnet/espnet/pull/5288"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'cur_log_p = log_p_attn_pd[b]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, tf_, tt, d = 12, 6, 3, 5
    feats = rng.normal(size=(n, tf_, d)).astype(f)
    texts = rng.normal(size=(n, tt, d)).astype(f)
    where = (np.arange(tf_)[:, None] + 0.5) / tf_ - (np.arange(tt)[None] + 0.5) / tt
    prior = (-3.0 * where ** 2 + 0.2 * rng.normal(size=(n, tf_, tt))).astype(f)
    proj_f = tf.Variable(rng.normal(size=(d, 4)).astype(f) * 0.5, name="proj_f")
    proj_t = tf.Variable(rng.normal(size=(d, 4)).astype(f) * 0.5, name="proj_t")
    ext_labels = [0, 1, 0, 2, 0, 3, 0]

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

    def alignment(batch):
        q = batch["feats"] @ proj_f
        k = batch["texts"] @ proj_t
        dist = tf.reduce_sum(tf.square(q[:, :, None, :] - k[:, None, :, :]), axis=-1)
        return tf.nn.log_softmax(-dist, axis=-1)

    def reference(batch):
        log_p = alignment(batch) + batch["prior"]
        blank = tf.fill((n, tf_, 1), tf.constant(-1.0, f))
        z = tf.concat([blank, log_p], axis=2)
        z = z - tf.reduce_logsumexp(z, axis=2, keepdims=True)
        return tf.add_n([ctc_one(z[i], ext_labels, tf_) for i in range(n)]) / n

    def candidate(batch):
        class ForwardSumLoss:
            def __call__(self, log_p_attn, bb_prior, blank_logprob=-1.0):
                log_p_attn = log_p_attn + bb_prior
                log_p_attn_pd = tf.pad(log_p_attn, [[0, 0], [0, 0], [1, 0]], constant_values=blank_logprob)
                loss = 0.0
                for b in range(log_p_attn_pd.shape[0]):
                    target = list(range(1, tt + 1))
                    ext = [0]
                    for ch in target:
                        ext += [ch, 0]
                    cur_log_p = log_p_attn_pd[b]
                    loss += ctc_one(cur_log_p, ext, cur_log_p.shape[0])
                return loss / log_p_attn_pd.shape[0]

        return ForwardSumLoss()(alignment(batch), batch["prior"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"feats": feats, "texts": texts, "prior": prior}, "variables": [proj_f, proj_t]}
