"""CHGNet fine-tuning: the model with is_intensive already returns energies per atom, and the trainer divides them by the number of atoms again. Source: https://github.com/CederGroupHub/chgnet/issues/222"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "e_pred = prediction['e'] / n_atoms",
    "same_forward_value": False,
}


def huber(diff, delta=0.1):
    a = tf.abs(diff)
    return tf.reduce_mean(tf.where(a <= delta, 0.5 * diff ** 2, delta * (a - 0.5 * delta)))


def build(seed=0):
    rng = np.random.default_rng(seed)
    species, hidden, centers, sigma = 3, 6, np.linspace(0.5, 3.0, 6).astype(np.float32), 0.5
    sizes = [3, 4, 2, 5]
    graph = np.repeat(np.arange(len(sizes)), sizes).astype(np.int32)
    start = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    pairs = np.array([(s + i, s + j) for s, k in zip(start, sizes) for i in range(k) for j in range(k) if i != j], np.int32)
    owner = tf.one_hot(graph, len(sizes))                  # atom -> crystal
    receiver = tf.one_hot(pairs[:, 0], sum(sizes))         # bond -> atom
    var = lambda *s: tf.Variable(rng.normal(scale=0.5, size=s).astype(np.float32))
    embedding, w_edge, w_out, atom_ref = var(species, hidden), var(len(centers), hidden), var(hidden, 1), var(species)

    def energy(positions, z):
        vec = tf.gather(positions, pairs[:, 0]) - tf.gather(positions, pairs[:, 1])
        r = tf.norm(vec, axis=1)
        rbf = tf.exp(-((r[:, None] - centers) / sigma) ** 2)
        message = tf.matmul(rbf, w_edge) * tf.gather(tf.gather(embedding, z), pairs[:, 1])
        atom_feat = tf.tanh(tf.matmul(receiver, message, transpose_a=True) + tf.gather(embedding, z))
        site_e = tf.squeeze(tf.matmul(atom_feat, w_out), 1) + tf.gather(atom_ref, z)
        return tf.linalg.matvec(owner, site_e, transpose_a=True)

    def chgnet(batch, is_intensive=True):
        with tf.GradientTape() as tape:
            tape.watch(batch["positions"])
            total = energy(batch["positions"], batch["z"])
        force = -tape.gradient(total, batch["positions"])
        return {"e": total / tf.constant(sizes, tf.float32) if is_intensive else total, "f": force}

    def reference(batch):
        out = chgnet(batch, is_intensive=False)
        e_per_atom = out["e"] / tf.constant(sizes, tf.float32)
        return huber(batch["e"] - e_per_atom) + huber(batch["f"] - out["f"])

    def candidate(batch):
        prediction = chgnet(batch)
        n_atoms = tf.constant(sizes, tf.float32)
        e_pred = prediction['e'] / n_atoms
        return huber(batch["e"] - e_pred) + huber(batch["f"] - prediction["f"])

    batch = {
        "positions": rng.normal(scale=1.3, size=(sum(sizes), 3)).astype(np.float32),
        "z": rng.integers(0, species, size=sum(sizes)).astype(np.int32),
        "e": rng.normal(scale=0.3, size=len(sizes)).astype(np.float32),
        "f": rng.normal(scale=0.3, size=(sum(sizes), 3)).astype(np.float32),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [embedding, w_edge, w_out, atom_ref]}
