"""CoxLoss: theta minus the log risk is a vector (B,), the censoring column comes as (B, 1), and their product is a B x B matrix that
is then averaged. Source: https://github.com/mahmoodlab/PathomicFusion/pull/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "loss_cox = -tf.reduce_mean((theta - tf.math.log(tf.reduce_sum(exp_theta * R_mat, axis=1))) * censor)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n = 8
    path = rng.normal(size=(n, 6)).astype("float32")
    omic = rng.normal(size=(n, 9)).astype("float32")
    survtime = rng.exponential(scale=20, size=(n,)).astype("float32")
    censor = rng.integers(0, 2, size=(n, 1)).astype("float32")
    censor[:2] = [[1.0], [0.0]]
    grade = rng.integers(0, 3, size=n).astype("int32")

    path_in, omic_in = keras.Input((6,)), keras.Input((9,))
    hp = keras.layers.Dense(4, activation="elu")(path_in)
    ho = keras.layers.Dense(4, activation="elu")(omic_in)
    fused = keras.layers.Concatenate()([hp, ho, keras.layers.Multiply()([hp, ho])])
    hazard = keras.layers.Dense(1, activation="tanh")(fused)
    grade_out = keras.layers.Dense(3)(fused)
    net = keras.Model([path_in, omic_in], [hazard, grade_out])

    def risk_matrix(survtime):
        return tf.cast(survtime[None, :] >= survtime[:, None], tf.float32)

    def CoxLoss(survtime, censor, hazard_pred):
        R_mat = risk_matrix(survtime)
        theta = tf.reshape(hazard_pred, [-1])
        exp_theta = tf.exp(theta)
        loss_cox = -tf.reduce_mean((theta - tf.math.log(tf.reduce_sum(exp_theta * R_mat, axis=1))) * censor)
        return loss_cox

    def grade_nll(batch, logits):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["grade"], logits=logits))

    def reg_l1():
        return 3e-4 * tf.add_n([tf.reduce_sum(tf.abs(v)) for v in net.trainable_variables])

    def reference(batch):
        pred, logits = net([batch["path"], batch["omic"]])
        theta = pred[:, 0]
        log_risk = tf.math.log(tf.linalg.matvec(risk_matrix(batch["survtime"]), tf.exp(theta)))
        cox = -tf.reduce_mean((theta - log_risk) * batch["censor"][:, 0])
        return cox + grade_nll(batch, logits) + reg_l1()

    def candidate(batch):
        pred, logits = net([batch["path"], batch["omic"]])
        cox = CoxLoss(batch["survtime"], batch["censor"], pred)
        return cox + grade_nll(batch, logits) + reg_l1()

    return {"reference": reference, "candidate": candidate,
            "batch": {"path": path, "omic": omic, "survtime": survtime, "censor": censor, "grade": grade},
            "variables": net.trainable_variables}
