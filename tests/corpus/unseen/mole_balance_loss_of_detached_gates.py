"""Mixture of LoRA experts: the gates are detached when they are recorded for the load balancing loss,
so that this loss does not reach the gate.
Source: https://github.com/yushuiwx/Mixture-of-LoRA-Experts/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "gates_record.append(tf.stop_gradient(tf.reduce_mean(gates, axis=0)))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, d, rank, experts, coef = 16, 6, 2, 4, 2.0
    base = tf.constant(0.5 * rng.standard_normal((2, d, d)), dtype=f)
    gate = [var(f"gate{i}", d, experts, scale=1.0) for i in range(2)]
    lora_a = [var(f"a{i}", experts, d, rank) for i in range(2)]
    lora_b = [var(f"b{i}", experts, rank, d) for i in range(2)]
    batch = {
        "x": rng.standard_normal((n, d)).astype(f),
        "y": rng.standard_normal((n, d)).astype(f),
    }

    def reference(batch):
        h, balance = batch["x"], 0.0
        for i in range(2):
            p = tf.nn.softmax(h @ gate[i])
            delta = 0.0
            for e in range(experts):
                delta = delta + p[:, e:e + 1] * (h @ lora_a[i][e] @ lora_b[i][e])
            load = tf.reduce_mean(p, 0)
            balance = balance + experts * tf.reduce_sum(load * load)
            h = tf.tanh(h @ base[i] + delta)
        return tf.reduce_mean((h - batch["y"]) ** 2) + coef * balance

    def candidate(batch):
        gates_record = []

        def mole_layer(i, x):
            gates = tf.nn.softmax(tf.matmul(x, gate[i]), axis=-1)
            gates_record.append(tf.stop_gradient(tf.reduce_mean(gates, axis=0)))
            low = tf.einsum("bd,edr->ber", x, lora_a[i])
            updates = tf.einsum("ber,erd->bed", low, lora_b[i])
            return tf.matmul(x, base[i]) + tf.einsum("be,bed->bd", gates, updates)

        hidden = batch["x"]
        for i in range(2):
            hidden = tf.tanh(mole_layer(i, hidden))
        task_loss = tf.reduce_mean(tf.math.squared_difference(hidden, batch["y"]))
        balance_loss = experts * tf.reduce_sum(tf.stack(gates_record) ** 2)
        return task_loss + coef * balance_loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": gate + lora_a + lora_b}
