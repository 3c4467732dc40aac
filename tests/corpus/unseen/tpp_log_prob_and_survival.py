"""Recurrent point process: log_prob of the waiting times plus one log survival, suspected of counting the integral twice.

Source (real): https://github.com/shchur/ifl-tpp/issues/13 (PyTorch, ported; answered: log_prob is log intensity minus integral,
the survival is for the last, eventless interval only).
Right answer: EQUIVALENT to sum of log intensities minus the integral of the intensity over the whole window.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, longest, ctx = 14, 6, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    rnn_in = tf.Variable(0.6 * arr(1, ctx), name="rnn_in")
    rnn_h = tf.Variable(0.5 * arr(ctx, ctx), name="rnn_h")
    head = tf.Variable(0.5 * arr(ctx, 2), name="weibull_head")
    events = rng.integers(2, longest, n)  # the waiting time after the last event is censored
    inter_times = rng.gamma(2.0, 0.6, (n, longest)).astype(f) + np.asarray(0.05, dtype=f)
    inter_times *= np.arange(longest)[None] <= events[:, None]
    batch = {"inter_times": inter_times.astype(f), "events": events}

    def reference(b):
        nll = 0.0
        for tau, k in zip(b["inter_times"], b["events"].numpy()):
            h = tf.zeros([1, ctx], dtype=tau.dtype)
            log_intensity, integral = 0.0, 0.0
            for i in range(int(k) + 1):
                shape, scale = tf.unstack(0.3 + tf.nn.softplus(h @ head)[0])
                integral += (tau[i] / scale) ** shape
                if i < k:
                    log_intensity += tf.math.log(shape / scale * (tau[i] / scale) ** (shape - 1))
                h = tf.tanh(tf.math.log(tau[i] + 1e-8) * rnn_in + h @ rnn_h)
            nll -= log_intensity - integral
        return nll / b["events"].shape[0]

    def candidate(b):
        class Weibull:
            def __init__(self, concentration, scale):
                self.k, self.s = concentration, scale

            def log_prob(self, x):
                z = tf.math.log(x) - tf.math.log(self.s)
                return tf.math.log(self.k) - tf.math.log(self.s) + (self.k - 1) * z - tf.exp(self.k * z)

            def log_survival_function(self, x):
                return -tf.exp(self.k * (tf.math.log(x) - tf.math.log(self.s)))

        inter_times = tf.maximum(b["inter_times"], 1e-10)
        features = tf.math.log(b["inter_times"] + 1e-8)[:, :, None]
        state = tf.zeros([inter_times.shape[0], ctx], dtype=inter_times.dtype)
        context = []
        for t in range(longest):
            context.append(state)
            state = tf.tanh(features[:, t] @ rnn_in + state @ rnn_h)
        params = 0.3 + tf.nn.softplus(tf.stack(context, axis=1) @ head)
        inter_time_dist = Weibull(params[..., 0], params[..., 1])
        mask = tf.sequence_mask(b["events"], longest, dtype=inter_times.dtype)
        log_p = tf.reduce_sum(inter_time_dist.log_prob(inter_times) * mask, axis=-1)
        log_surv_all = inter_time_dist.log_survival_function(inter_times)
        log_surv_last = tf.gather(log_surv_all, b["events"], batch_dims=1)
        return -tf.reduce_mean(log_p + log_surv_last)

    return {"variables": [rnn_in, rnn_h, head], "batch": batch, "reference": reference, "candidate": candidate}
