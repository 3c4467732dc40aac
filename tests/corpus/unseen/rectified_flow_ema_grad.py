"""Consistency flow matching: the targets come from the EMA model, but neither no_grad nor detach is used there.

Source (real): https://github.com/lucidrains/rectified-flow-pytorch/issues/22 (PyTorch, ported; the thread only asks for saving memory).
Right answer: EQUIVALENT for the trained weights: the EMA copy has its own parameters and its input does not depend on the online model.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_DELTA = 0.05


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 22, 5, 7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d + 1, hid), name="flow_w1")
    w2 = tf.Variable(0.6 * arr(hid, d), name="flow_w2")
    model = [w1, w2]
    ema_model = [tf.Variable(v + 0.05 * arr(*v.shape), name="ema_" + v.name.split(":")[0]) for v in model]
    batch = {"data": arr(n, d), "noise": arr(n, d), "times": (0.9 * rng.random((n, 1))).astype(f)}

    def predict(weights, noised, times):
        return tf.tanh(tf.concat([noised, times], axis=1) @ weights[0]) @ weights[1]

    def reference(b):
        a1, a2 = (v.numpy() for v in ema_model)            # the teacher in numpy
        x1, x0, t = b["data"].numpy(), b["noise"].numpy(), b["times"].numpy()
        later = t + _DELTA
        x_later = later * x1 + (1.0 - later) * x0
        teacher = np.tanh(np.concatenate([x_later, later], 1) @ a1) @ a2
        teacher_data = x_later + teacher * (1.0 - later)
        x_t = b["times"] * b["data"] + (1.0 - b["times"]) * b["noise"]
        v = predict(model, x_t, b["times"])
        sq = (v - (b["data"] - b["noise"])) ** 2
        sq += (x_t + v * (1.0 - b["times"]) - teacher_data) ** 2
        sq += 0.1 * (v - teacher) ** 2
        return tf.reduce_mean(sq)

    def candidate(b):
        def get_noised_and_flows(weights, t):
            noised = b["noise"] + t * (b["data"] - b["noise"])
            pred_flow = predict(weights, noised, t)
            pred_data = noised + pred_flow * (1.0 - t)
            return pred_flow, pred_data

        times = b["times"]
        flow = b["data"] - b["noise"]
        pred_flow, pred_data = get_noised_and_flows(model, times)
        ema_pred_flow, ema_pred_data = get_noised_and_flows(ema_model, times + _DELTA)
        main_loss = tf.reduce_mean(tf.square(flow - pred_flow))
        data_match_loss = tf.reduce_mean(tf.square(pred_data - ema_pred_data))
        velocity_match_loss = tf.reduce_mean(tf.square(pred_flow - ema_pred_flow))
        return main_loss + data_match_loss + 0.1 * velocity_match_loss

    return {"variables": model, "batch": batch, "reference": reference, "candidate": candidate}
