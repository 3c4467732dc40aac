"""A score for discrete survival times proposed in a thread: the event part has a minus inside, and the sum is negated again, so that the
probability of the observed times is minimised.
Source: https://github.com/stanfordmlgroup/ngboost/issues/157"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "uncens = E * -tf.math.log(tf.gather(probs, T, batch_dims=1))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    w = tf.Variable(rng.normal(size=(4, 6)).astype(f), name="w")
    b = tf.Variable(rng.normal(size=(6,)).astype(f), name="b")

    def reference(batch):
        logp = tf.nn.log_softmax(batch["x"] @ w + b)
        total = 0.0
        times, events = batch["time"].numpy(), batch["event"].numpy()
        for i, (t, e) in enumerate(zip(times, events)):
            total -= logp[i, t] if e else tf.reduce_logsumexp(logp[i, t:])
        return total / len(times)

    def candidate(batch):
        class CategoricalLogScoreCensored:
            def __init__(self, logits):
                self.probs = tf.nn.softmax(logits, axis=-1)

            def score(self, Y):
                E = tf.cast(Y["event"], f)
                T = Y["time"]
                probs = self.probs
                before = tf.sequence_mask(T, maxlen=probs.shape[1], dtype=f)
                cens = (1 - E) * tf.math.log(1 - tf.reduce_sum(probs * before, axis=1))
                uncens = E * -tf.math.log(tf.gather(probs, T, batch_dims=1))
                return -(cens + uncens)

        dist = CategoricalLogScoreCensored(tf.matmul(batch["x"], w) + b)
        return tf.reduce_mean(dist.score({"event": batch["event"], "time": batch["time"]}))

    event = (rng.uniform(size=18) < 0.6).astype("int32")
    event[0], event[1] = 1, 0
    batch = {"x": (rng.normal(size=(18, 4)) * 0.5).astype(f), "time": rng.integers(0, 5, 18).astype("int32"), "event": event}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
