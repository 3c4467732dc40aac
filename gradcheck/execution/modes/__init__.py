"""One formulation run in several ways: eagerly, as a graph, in parts, in half precision, by Keras, on replicas."""
