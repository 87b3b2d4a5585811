"""How right are the labels? Each source against sentences that people labelled, and the plan against a reader."""
