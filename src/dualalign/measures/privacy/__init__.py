"""Does the data give away what its generator saw? Each figure is an attack, a naive guess and a control."""
