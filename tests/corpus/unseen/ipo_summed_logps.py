"""The IPO loss is given the summed log-probabilities of the completions; it needs the average over their
tokens. Source: https://github.com/meta-pytorch/torchtune/issues/1291"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return tf.reduce_sum(per_token * keep, axis=-1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    n, t, d, v = 3, 6, 4, 5
    chosen, rejected = normal(n, t, d), normal(n, t, d)
    def ids():
        out = rng.integers(0, v, (n, t)).astype("int32")
        out[:, :2] = -100
        out[0, 5:] = -100
        out[1, 4:] = -100
        return out
    chosen_ids, rejected_ids = ids(), ids()
    head = var("head", d, v)
    ref_head = normal(d, v)
    tau = 0.3

    def reference(batch):
        def mean_logp(x, y, weight):
            rows = []
            for i in range(n):
                lp, cnt = 0.0, 0
                for j in range(1, t):
                    label = int(y[i, j])
                    if label != -100:
                        lp += tf.nn.log_softmax(tf.linalg.matvec(weight, x[i, j - 1], transpose_a=True))[label]
                        cnt += 1
                rows.append(lp / cnt)
            return tf.stack(rows)
        a = mean_logp(batch["chosen"], batch["chosen_ids"], head) - mean_logp(batch["chosen"], batch["chosen_ids"], batch["ref_head"])
        b = mean_logp(batch["rejected"], batch["rejected_ids"], head) - mean_logp(batch["rejected"], batch["rejected_ids"], batch["ref_head"])
        return tf.reduce_mean((a - b - 1.0 / (2.0 * tau)) ** 2)

    def candidate(batch):
        def get_batch_log_probs(logits, labels):
            labels, logits = labels[:, 1:], logits[:, :-1]
            keep = tf.cast(labels != -100, logits.dtype)
            safe = tf.where(labels == -100, 0, labels)
            per_token = tf.gather(tf.nn.log_softmax(logits), safe, axis=2, batch_dims=2)
            return tf.reduce_sum(per_token * keep, axis=-1)

        x = tf.concat([batch["chosen"], batch["rejected"]], axis=0)
        y = tf.concat([batch["chosen_ids"], batch["rejected_ids"]], axis=0)
        policy = get_batch_log_probs(x @ head, y)
        frozen = get_batch_log_probs(x @ batch["ref_head"], y)
        ratios = policy - frozen
        return tf.reduce_mean(tf.square(ratios[:n] - ratios[n:] - 1.0 / (2.0 * tau)))

    return {"reference": reference, "candidate": candidate,
            "batch": {"chosen": chosen, "rejected": rejected, "chosen_ids": chosen_ids,
                      "rejected_ids": rejected_ids, "ref_head": ref_head}, "variables": [head]}
