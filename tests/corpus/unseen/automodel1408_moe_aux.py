"""MoE: the tensor returned by the aux-loss autoscaler is thrown away, so the load-balancing gradient never reaches the router. Source: https://github.com/NVIDIA-NeMo/Automodel/issues/1408"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "aux_loss_auto_scaler(weights, aux_loss)",
    "same_forward_value": True,
}

AUX_LOSS_COEFF = 0.2


@tf.custom_gradient
def aux_loss_auto_scaler(output, aux_loss):
    """Identity on `output`; sends a gradient of 1 into `aux_loss`."""
    def backward(grad_output):
        return grad_output, tf.ones_like(aux_loss)
    return tf.identity(output), backward


def build(seed=0):
    rng = np.random.default_rng(seed)
    n_tokens, dim, n_experts, topk = 12, 6, 4, 2
    gate = tf.Variable(rng.normal(0, 0.8, (dim, n_experts)).astype("float32"), name="gate")
    up = tf.Variable(rng.normal(0, 0.4, (n_experts, dim, 8)).astype("float32"), name="up")
    down = tf.Variable(rng.normal(0, 0.4, (n_experts, 8, dim)).astype("float32"), name="down")

    def route(x):
        scores = tf.nn.softmax(x @ gate)
        weights, indices = tf.math.top_k(scores, k=topk)
        return scores, weights / tf.reduce_sum(weights, axis=-1, keepdims=True), indices

    def compute_aux_loss(scores, indices):
        expert_load = tf.reduce_sum(tf.one_hot(indices, n_experts), axis=[0, 1])
        f_i = expert_load * n_experts / (topk * n_tokens)
        P_i = tf.reduce_mean(scores, axis=0)
        return tf.reduce_sum(f_i * P_i) * AUX_LOSS_COEFF

    def experts(x, weights, indices):
        combine = tf.reduce_sum(tf.one_hot(indices, n_experts) * weights[..., None], axis=1)
        h = tf.nn.silu(tf.einsum("td,edf->tef", x, up))
        return x + tf.einsum("tef,efd,te->td", h, down, combine)

    def mse(y, batch):
        return tf.reduce_mean(tf.square(y - batch["target"]))

    def reference(batch):
        scores, weights, indices = route(batch["x"])
        aux = compute_aux_loss(scores, indices)
        # value of the task loss, gradient of task loss + aux loss
        return mse(experts(batch["x"], weights, indices), batch) + aux - tf.stop_gradient(aux)

    def candidate(batch):
        scores, weights, indices = route(batch["x"])
        aux_loss = compute_aux_loss(scores, indices)
        aux_loss_auto_scaler(weights, aux_loss)
        y = experts(batch["x"], weights, indices)
        return mse(y, batch)

    x = rng.normal(size=(n_tokens, dim)).astype("float32")
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "target": rng.normal(size=(n_tokens, dim)).astype("float32")}, "variables": [gate, up, down]}
